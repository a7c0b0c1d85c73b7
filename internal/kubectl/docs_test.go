// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
)

var update = flag.Bool("update", false, "write what the commands print into the documentation")

var (
	page  = filepath.Join("..", "..", "docs", "kubectl-vectara.md")
	shim  = filepath.Join("..", "..", "cmd", "kubectl-vectara", "kubectl_complete-vectara")
	block = regexp.MustCompile("(?s)<!-- (\\w+): ([\\w-]*?) ?-->\n```\\w+\n(.*?)```\n")
)

// TestDocumentationIsWhatTheCommandsPrint compares the marked blocks of the page. "go test -update" refreshes them.
func TestDocumentationIsWhatTheCommandsPrint(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	fresh := block.ReplaceAllStringFunc(string(text), func(whole string) string {
		match := block.FindStringSubmatch(whole)
		kind, name, stands := match[1], match[2], match[3]
		seen[kind+" "+name] = true
		printed := printedFor(t, kind, name)
		if stands != printed && !*update {
			t.Errorf("the block %s %q says\n%sbut it is\n%s\nrefresh it with 'go test ./internal/kubectl -run Documentation -update'",
				kind, name, stands, printed)
		}
		return strings.Replace(whole, "\n"+stands+"```\n", "\n"+printed+"```\n", 1)
	})
	for _, command := range NewCommand(Environment{}).Commands() {
		switch command.Name() {
		case "completion", "help", "options", "version":
		default:
			if !seen["help "+command.Name()] {
				t.Errorf("the page does not have the help of %s", command.CommandPath())
			}
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(fresh), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// printedFor is what belongs into a block.
func printedFor(t *testing.T, kind, name string) string {
	t.Helper()
	switch kind {
	case "help":
		w := newWorld(t)
		if w.run(t.Context(), "", append(strings.Fields(name), "--help")...) != 0 {
			t.Errorf("there is no help of %q: %s", name, w.errOut.String())
		}
		return withoutTrailingSpace(w.out.String())
	case "script":
		script, err := os.ReadFile(shim)
		if err != nil {
			t.Error(err)
		}
		return string(script)
	case "example":
		return example(t, name)
	default:
		t.Errorf("nobody knows what belongs into a block of the kind %s", kind)
		return ""
	}
}

func withoutTrailingSpace(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		kept.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return kept.String()
}

// TestDocumentationHasEveryExitCode compares the table of exit codes.
func TestDocumentationHasEveryExitCode(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []outcome.Outcome{
		outcome.Completed, outcome.Failed, outcome.Aborted, outcome.Deleted, outcome.Blocked, outcome.TimedOut,
	} {
		if row := fmt.Sprintf("\n| `%d` | %s", o, o); !strings.Contains(string(text), row) {
			t.Errorf("the page lacks %q", row)
		}
		if line := regexp.MustCompile(fmt.Sprintf(`(?m)^  %d  .*%s`, o, strings.Fields(o.String())[0])); !line.MatchString(exitCodes) {
			t.Errorf("the help lacks %d for %s", o, o)
		}
	}
}

// example is a table or a page for the documentation.
func example(t *testing.T, name string) string {
	t.Helper()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *metav1.Time { return ptr.To(metav1.NewTime(now.Add(-d))) }
	job := func(name, id string, state v1alpha1.JobState, started, ended *metav1.Time) v1alpha1.VectaraJob {
		return v1alpha1.VectaraJob{
			ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: name, CreationTimestamp: *ago(11 * time.Minute)},
			Spec:       v1alpha1.VectaraJobSpec{JobID: id, SecretRef: v1alpha1.SecretReference{Name: "vectara-credentials"}},
			Status: v1alpha1.VectaraJobStatus{
				State: state, Type: v1alpha1.JobTypeReplaceFilterAttributes, CorpusKeys: []string{"legal"}, CreatedByUsername: "jdoe",
				CreatedAt: ago(12 * time.Minute), StartedAt: started, CompletedAt: ended, LastTransitionTime: ago(9 * time.Minute),
			},
		}
	}
	denied := job("reindex-hr", "job_7bQd0wVn2mZr8YbLc5TdXy", v1alpha1.JobStateStarted, ago(10*time.Minute), nil)
	denied.Status.CorpusKeys = []string{"hr"}
	const message = `Vectara does not let the credentials in Secret "vectara-credentials" see this job (HTTP 403): ` +
		`the key has no role in the corpus hr (request ID 1c9e5b0d)`
	for kind, status := range map[string]metav1.ConditionStatus{
		v1alpha1.ConditionReady: metav1.ConditionFalse, v1alpha1.ConditionSynced: metav1.ConditionFalse, v1alpha1.ConditionStalled: metav1.ConditionTrue,
	} {
		denied.Status.Conditions = append(denied.Status.Conditions, metav1.Condition{
			Type: kind, Status: status, Reason: v1alpha1.ReasonPermissionDenied, Message: message, LastTransitionTime: *ago(2 * time.Minute),
		})
	}
	failed := job("purge-legal", "job_2", v1alpha1.JobStateFailed, ago(10*time.Minute), ago(9*time.Minute))
	failed.Status.Type, failed.Status.Comment = v1alpha1.JobTypeBulkDeleteDocuments, "the filter names no attribute of the corpus"
	var text strings.Builder
	switch name {
	case "table":
		jobs := []v1alpha1.VectaraJob{
			denied, failed,
			job("reindex-legal", "job_3", v1alpha1.JobStateStarted, ago(9*time.Minute), nil),
			job("reindex-news", "job_4", v1alpha1.JobStateCompleted, ago(11*time.Minute), ago(10*time.Minute)),
		}
		if err := words.Table(&text, jobs, now, false); err != nil {
			t.Error(err)
		}
	case "page":
		event := corev1.Event{Type: "Warning", Reason: v1alpha1.ReasonPermissionDenied, Message: message, LastTimestamp: *ago(2 * time.Minute)}
		if _, err := (words.Page{Job: &denied, Now: now, Events: []corev1.Event{event}}).WriteTo(&text); err != nil {
			t.Error(err)
		}
	case "discoveries":
		if err := words.DiscoveryTable(&text, exampleDiscoveries(now), now, false); err != nil {
			t.Error(err)
		}
	case "discovery":
		event := corev1.Event{
			Type: "Warning", Reason: v1alpha1.ReasonMaxJobsReached, Message: exampleMaxJobs, LastTimestamp: *ago(2 * time.Minute),
		}
		page := words.DiscoveryPage{Discovery: &exampleDiscoveries(now)[0], Now: now, Events: []corev1.Event{event}}
		if _, err := page.WriteTo(&text); err != nil {
			t.Error(err)
		}
	default:
		t.Errorf("there is no example %s", name)
	}
	return withoutTrailingSpace(text.String())
}
