// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// What Vectara's text may bring along: escape sequences, a name that is turned around, a mark that is not seen, and other
// scripts, of which Persian needs a joiner that is not seen either.
const (
	escapes     = "\x1b[2J\x1b]0;evil\a\r\n\x00"
	turned      = "\u202egpj.exe\u202c"
	hiddenText  = "\U000E0041\u2060\ufeff"
	persian     = "شاخص می\u200cسازد"
	japanese    = "索引を作成できません"
	longestText = 4096
)

// TestTextFromOutsideIsHarmlessWhereItIsShown has a job fail with a comment as long as may be, and reads it in every place.
func TestTextFromOutsideIsHarmlessWhereItIsShown(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	manager := s.measuredManager()
	begin := escapes + turned + hiddenText + persian + " " + japanese + " "
	comment := begin + strings.Repeat(japanese, (longestText-len([]rune(begin)))/len([]rune(japanese)))
	s.vectara.AddJob(simulator.Job{
		ID: "job_a", Type: begin, CorpusKeys: []string{begin}, CreatedByUsername: begin,
		Steps: []simulator.Step{{State: "failed", Comment: comment}},
	})
	s.vectara.AddJob(simulator.Job{ID: "job_b", Type: begin, Steps: []simulator.Step{{State: begin, Comment: comment}}})
	s.create("a", "job_a")
	s.create("b", "job_b")
	failed := s.awaitReason("a", v1alpha1.ConditionReady, "JobFailed")
	s.awaitReason("b", v1alpha1.ConditionReady, "JobStateUnknown")
	s.awaitEvent("a", "JobFailed")
	if got, want := failed.Status.Comment, strings.ToValidUTF8(comment, "\uFFFD"); got != want {
		t.Errorf("status has %d characters of the comment's %d: it is to be as Vectara wrote it", len([]rune(got)), len([]rune(want)))
	}
	for _, event := range s.events("a") {
		if len(event.Note) > 1024 || !utf8.ValidString(event.Note) || event.Reason == "JobFailed" && !strings.Contains(event.Note, persian) {
			t.Errorf("the note of the event, of %d bytes, is %q", len(event.Note), event.Note)
		}
	}
	for what, text := range map[string]string{
		"kubectl get":           s.kubectl("get", "vj"),
		"kubectl get -o wide":   s.kubectl("get", "vj", "-o", "wide"),
		"kubectl describe":      s.kubectl("describe", "vj"),
		"kubectl events":        s.kubectl("events"),
		"kubectl get events":    s.kubectl("get", "events", "-o", "wide"),
		"kubectl vectara":       s.plugin("", "status").out,
		"the page of a":         s.plugin("", "status", "a").out,
		"the page of b":         s.plugin("", "status", "b").out,
		"kubectl vectara wait":  s.plugin("", "wait", "a").out,
		"the manager's log":     manager.Output(),
		"the manager's metrics": string(manager.scrape()),
	} {
		// Status is as Vectara wrote it, and kubectl prints it so, but for what would move the cursor or change the terminal.
		obeyed := "\x1b\r\a\x00"
		printsStatus := what == "kubectl describe" || what == "kubectl get" || what == "kubectl get -o wide"
		if printsStatus {
			obeyed = "\x1b\r"
		}
		if strings.ContainsAny(text, obeyed) || !utf8.ValidString(text) {
			t.Errorf("%s shows what a terminal obeys, or what is no text: %q", what, text)
		}
		if !printsStatus && strings.ContainsAny(text, "\u202e\u2060\U000E0041") {
			t.Errorf("%s shows characters that turn text around or are not seen: %q", what, text)
		}
		if what == "the manager's metrics" && (strings.Contains(text, japanese) || strings.Contains(text, "gpj")) {
			t.Errorf("text from outside is in the metrics, and so in Grafana:\n%s", text)
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(what, "the page") && len([]rune(line)) > 130 {
				t.Errorf("%s has a line of %d characters", what, len([]rune(line)))
			}
		}
	}
	contains(t, "the page", s.plugin("", "status", "a").out, persian, japanese)
}
