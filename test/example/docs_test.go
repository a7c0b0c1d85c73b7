// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// TestOutputsInTheDocumentation compares what docs/spec/vectarajob.md shows of one job's life with what kubectl prints of
// it. Times are not compared.
func TestOutputsInTheDocumentation(t *testing.T) {
	s := newScene(t)
	repository, err := harness.Repository()
	s.must(err)
	content, err := os.ReadFile(filepath.Join(repository, "docs", "spec", "vectarajob.md"))
	s.must(err)
	page := string(content)

	s.vectara.AddJob(simulator.Job{
		ID: jobID, Type: "replace_filter_attributes", CorpusKeys: []string{"legal"}, CreatedByUsername: "jdoe",
		Steps: []simulator.Step{{State: "started"}},
	})
	manifest := filepath.Join(t.TempDir(), "reindex-legal.yaml")
	example := strings.Replace(fence(t, page, "```yaml\napiVersion"), "namespace: search", "namespace: "+s.namespace, 1)
	s.must(os.WriteFile(manifest, []byte(example), 0o600))
	_, err = cluster.Kubectl(t.Context(), "apply", "--filename", manifest)
	s.must(err)

	wantOutput := func(state v1alpha1.JobState) {
		t.Helper()
		await(s, &v1alpha1.VectaraJobList{}, "the state is there", func(job *v1alpha1.VectaraJob) bool { return job.Status.State == state })
		got, err := cluster.Kubectl(t.Context(), "get", "--namespace", s.namespace, "vj")
		s.must(err)
		want := fence(t, page, "<!-- output of kubectl get, "+string(state)+" -->\n   ```text")
		if !slices.Equal(withoutTimes(got), withoutTimes(want)) {
			t.Errorf("kubectl prints\n%s\nand the page has\n%s", got, want)
		}
	}
	wantOutput(v1alpha1.JobStateStarted)
	s.vectara.SetState(jobID, "completed", "")
	wantOutput(v1alpha1.JobStateCompleted)

	var documented v1alpha1.VectaraJob
	s.must(yaml.UnmarshalStrict([]byte(fence(t, page, "<!-- not applied -->\n```yaml")), &documented))
	actual := s.awaitOutcome(v1alpha1.OutcomeCompleted)
	if got, want := timeless(actual), timeless(&documented); got != want {
		t.Errorf("the object is\n%s\nand the page has\n%s", got, want)
	}
}

// fence is the text of the first block that begins with something, without its first line if that is but backticks.
func fence(t *testing.T, page, begin string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, begin)
	text, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("the page has no block that begins with %q", begin)
	}
	_, start, _ := strings.Cut(begin, "```yaml\n")
	return start + text
}

// withoutTimes is the words of each line of a table but for the last two columns, STARTED and AGE.
func withoutTimes(table string) []string {
	var words []string
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 2 {
			words = append(words, fields[:len(fields)-2]...)
		}
	}
	return words
}

// timeless is an object with all times the same, and without what the API server adds.
func timeless(job *v1alpha1.VectaraJob) string {
	same := metav1.NewTime(time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC))
	job = job.DeepCopy()
	job.TypeMeta = metav1.TypeMeta{}
	job.ObjectMeta = metav1.ObjectMeta{Name: job.Name, Generation: job.Generation}
	for _, at := range []*metav1.Time{job.Status.CreatedAt, job.Status.StartedAt, job.Status.CompletedAt, job.Status.LastTransitionTime} {
		if at != nil {
			*at = same
		}
	}
	for i := range job.Status.Conditions {
		job.Status.Conditions[i].LastTransitionTime = same
	}
	text, err := yaml.Marshal(job)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
