// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"regexp"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

var (
	// alertHeading is a heading of the runbook that names an alert: one word, in capitals within.
	alertHeading = regexp.MustCompile(`(?m)^## (Vectara\w+)$`)
	// parts are those of each section of the runbook, in this order.
	parts = []string{"**Meaning.**", "**Impact.**", "**Find it.**", "**Likely causes.**", "**What to do.**", "**Over when.**"}
)

// sections are the texts of the runbook by the alert that they are about.
func sections(t *testing.T) map[string]string {
	t.Helper()
	runbook := string(manifests.Read(t, "docs", "runbook.md"))
	headings := alertHeading.FindAllStringSubmatchIndex(runbook, -1)
	texts := map[string]string{}
	for i, heading := range headings {
		end := len(runbook)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		texts[runbook[heading[2]:heading[3]]] = runbook[heading[1]:end]
	}
	return texts
}

func TestRunbook(t *testing.T) {
	texts := sections(t)
	for _, rule := range manifests.Alerts(t) {
		t.Run(rule.Alert, func(t *testing.T) {
			text, found := texts[rule.Alert]
			if !found {
				t.Fatal("docs/runbook.md has no section on it")
			}
			at := 0
			for _, part := range parts {
				next := strings.Index(text, part)
				if next < at {
					t.Fatalf("its section lacks %s, or has it out of order", part)
				}
				at = next
			}
			if !strings.Contains(text, "```sh\n") {
				t.Error("its section has no command to find the objects with")
			}
		})
		delete(texts, rule.Alert)
	}
	for heading := range texts {
		t.Errorf("docs/runbook.md has a section on %s, which is no alert", heading)
	}
}
