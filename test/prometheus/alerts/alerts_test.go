// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/rules"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

// scenario is what an alert is given to see.
type scenario struct {
	// series are in the notation of Prometheus's tests: 0+2x5 is 0 2 4 6 8 10, and _ is no sample. They are step apart.
	series string
	// fires is how long after the start the alert fires; never if negative.
	fires time.Duration
	// with are labels that the firing alert has.
	with map[string]string
}

const never = time.Duration(-1)

// length is for how long the scenarios last: longer than any alert waits.
const length = 2 * time.Hour

func TestAlerts(t *testing.T) {
	scenarios := allScenarios()
	for _, rule := range manifests.Alerts(t) {
		cases := scenarios[rule.Alert]
		t.Run(rule.Alert, func(t *testing.T) {
			t.Parallel()
			var fires, quiet bool
			for name, s := range cases {
				fires, quiet = fires || s.fires >= 0, quiet || s.fires < 0
				t.Run(name, func(t *testing.T) { check(t, rule, s) })
			}
			if !fires || !quiet {
				t.Error("an alert needs a scenario in which it fires and one in which it does not")
			}
		})
		delete(scenarios, rule.Alert)
	}
	if len(scenarios) > 0 {
		t.Errorf("there are no alerts of these names: %v", slices.Sorted(maps.Keys(scenarios)))
	}
}

func check(t *testing.T, rule rulefmt.Rule, s scenario) {
	t.Helper()
	got := evaluate(t, rule, s.series, length)
	switch {
	case got == nil && s.fires >= 0:
		t.Fatalf("did not fire, want after %s", s.fires)
	case got == nil:
		return
	case s.fires < 0:
		t.Fatalf("fired after %s with %v, want never", got.after, got.alerts[0].Labels)
	case got.after != s.fires:
		t.Errorf("fired after %s, want after %s", got.after, s.fires)
	}
	for _, alert := range got.alerts {
		checkText(t, alert)
	}
	for name, want := range s.with {
		if value := got.alerts[0].Labels.Get(name); value != want {
			t.Errorf("has the label %s=%q, want %q", name, value, want)
		}
	}
}

// checkText finds templates that did not turn out well.
func checkText(t *testing.T, alert *rules.Alert) {
	t.Helper()
	for name, text := range alert.Annotations.Map() {
		for _, bad := range []string{"<error", "<no value>", "%!", "{{", "\n", "  ", "of type  ", "because of ,"} {
			if strings.Contains(text, bad) {
				t.Errorf("the %s has %q in it: %s", name, bad, text)
			}
		}
	}
}

func TestManners(t *testing.T) {
	severities := []string{"critical", "warning", "info"}
	for _, rule := range manifests.Alerts(t) {
		t.Run(rule.Alert, func(t *testing.T) {
			if !slices.Contains(severities, rule.Labels["severity"]) {
				t.Errorf("its severity is %q, want one of %q", rule.Labels["severity"], severities)
			}
			if rule.Labels["severity"] != "info" && rule.For == 0 {
				t.Error("it fires at once: want a time in which the cause may pass")
			}
			if summary := rule.Annotations["summary"]; summary == "" || len(summary) > 80 {
				t.Errorf("the summary has %d characters, want 1 to 80", len(summary))
			}
			if rule.Annotations["description"] == "" {
				t.Error("it has no description")
			}
			runbook, err := url.Parse(rule.Annotations["runbook_url"])
			if err != nil || !strings.HasSuffix(runbook.Path, "/docs/runbook.md") || runbook.Fragment != anchor(rule.Alert) {
				t.Errorf("its runbook_url is %q, want one that ends in docs/runbook.md#%s", runbook, anchor(rule.Alert))
			}
		})
	}
}

// anchor is the fragment that GitHub gives a heading of one word.
func anchor(heading string) string { return strings.ToLower(heading) }
