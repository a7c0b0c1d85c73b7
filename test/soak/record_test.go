// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const jobID = "job_x"

// scene is a record of one job: queued for 10 s, started for 10 s, retrying for 10 s, started again, and completed after
// 100 s.
type scene struct {
	*record
	began time.Time
	life  *life
}

func newScene() scene {
	began := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	step := func(state v1alpha1.JobState) simulator.Step {
		return simulator.Step{State: string(state), For: 10 * time.Second}
	}
	s := scene{record: newRecord(), began: began, life: &life{
		id: jobID, namespace: "soak", name: "one", corpus: "legal", user: "jdoe", added: began, created: began,
		steps: []simulator.Step{
			step(v1alpha1.JobStateQueued), step(v1alpha1.JobStateStarted), step(v1alpha1.JobStateFailedWillRetry), step(v1alpha1.JobStateStarted),
		},
	}}
	s.add(s.life, began)
	return s
}

func (s scene) at(seconds int) time.Time { return s.began.Add(time.Duration(seconds) * time.Second) }

// says is the object at a time, in a state.
func (s scene) says(seconds int, state v1alpha1.JobState, change ...func(*view)) []string {
	created := metav1.NewTime(s.began)
	v := view{uid: "1", name: "one", seen: true, synced: metav1.ConditionTrue, status: v1alpha1.VectaraJobStatus{
		State: state, Type: v1alpha1.JobTypeReplaceFilterAttributes, CorpusKeys: []string{"legal"}, CreatedByUsername: "jdoe", CreatedAt: &created,
	}}
	if state.IsFinal() {
		completed := metav1.NewTime(s.life.endedAt)
		v.status.CompletedAt, v.status.Comment = &completed, s.life.comment
	}
	for _, c := range change {
		c(&v)
	}
	return s.see(jobID, v, s.at(seconds))
}

func (s scene) ends(seconds int) { s.finish(jobID, v1alpha1.JobStateCompleted, s.at(seconds)) }

func TestStatusIsHeldAgainstTheJob(t *testing.T) {
	const queued, started, retrying, completed = v1alpha1.JobStateQueued, v1alpha1.JobStateStarted, v1alpha1.JobStateFailedWillRetry, v1alpha1.JobStateCompleted
	for _, c := range []struct {
		name string
		do   func(scene) []string // the last of what was seen
		want string               // empty: nothing is wrong
	}{
		{"a state late", func(s scene) []string { return s.says(50, queued) }, ""},
		{"a state that comes twice in a life", func(s scene) []string {
			s.says(15, started)
			s.says(25, retrying)
			return s.says(35, started)
		}, ""},
		{"the end", func(s scene) []string {
			s.ends(100)
			return s.says(101, completed)
		}, ""},
		{"a state too early", func(s scene) []string { return s.says(5, started) }, "never said"},
		{"the end too early", func(s scene) []string { return s.says(90, completed) }, "never said"},
		{"a state that the job never has", func(s scene) []string { return s.says(50, v1alpha1.JobStateAborted) }, "never said"},
		{"an older state", func(s scene) []string {
			s.says(25, retrying)
			return s.says(26, queued)
		}, "went back"},
		{"a state after the end", func(s scene) []string {
			s.ends(100)
			s.says(101, completed)
			return s.says(102, started)
		}, "went back"},
		{"no state after one", func(s scene) []string {
			s.says(5, queued)
			return s.says(6, "", func(v *view) { v.seen = false })
		}, "lost its status"},
		{"another job's user", func(s scene) []string {
			return s.says(5, queued, func(v *view) { v.status.CreatedByUsername = "other" })
		}, "createdByUsername"},
		{"another job's corpus", func(s scene) []string {
			return s.says(5, queued, func(v *view) { v.status.CorpusKeys = []string{"other"} })
		}, "corpusKeys"},
		{"an end without its comment", func(s scene) []string {
			s.ends(100)
			return s.says(101, completed, func(v *view) { v.status.Comment = "" })
		}, "comment"},
		{"an end at another time", func(s scene) []string {
			s.ends(100)
			return s.says(101, completed, func(v *view) { v.status.CompletedAt = v.status.CreatedAt })
		}, "completedAt"},
		{"an object that comes back", func(s scene) []string {
			s.says(5, queued)
			s.vanish(jobID, "1", s.at(6))
			return s.says(7, queued, func(v *view) { v.uid = "2" })
		}, "created anew"},
		{"an object beside another", func(s scene) []string {
			s.says(5, queued)
			return s.says(7, queued, func(v *view) { v.uid = "2" })
		}, "two objects"},
		{"an object of an unknown job", func(s scene) []string { return s.see("job_y", view{}, s.at(1)) }, "nobody asked for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(c.do(newScene()), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestStaleStatusIsFound(t *testing.T) {
	const bound = time.Minute
	s := newScene()
	s.says(5, v1alpha1.JobStateQueued)
	if got := s.stale(s.at(69), bound); len(got) > 0 {
		t.Errorf("before the bound: got %q", got)
	}
	late := newScene()
	late.says(5, v1alpha1.JobStateQueued)
	if got := late.stale(late.at(91), bound); len(got) != 1 {
		t.Errorf("after the bound: got %q", got)
	}
	if got := late.stale(late.at(92), bound); len(got) > 0 {
		t.Errorf("the second time: got %q", got)
	}
	honest := newScene()
	honest.says(5, v1alpha1.JobStateQueued, func(v *view) { v.synced = metav1.ConditionFalse })
	if got := honest.stale(honest.at(91), bound); len(got) > 0 {
		t.Errorf("when Synced is False: got %q", got)
	}
}

func TestCallsAfterTheEndAreFound(t *testing.T) {
	const grace = 20 * time.Second
	calls := 3
	count := func(string) int { return calls }
	s := newScene()
	s.ends(100)
	s.says(101, v1alpha1.JobStateCompleted)
	calls++ // Still under way.
	if got := s.calledAfterEnd(s.at(125), grace, count); len(got) > 0 {
		t.Errorf("for a call within the grace: got %q", got)
	}
	if got := s.calledAfterEnd(s.at(130), grace, count); len(got) > 0 {
		t.Errorf("without a call: got %q", got)
	}
	calls++
	if got := s.calledAfterEnd(s.at(135), grace, count); len(got) != 1 {
		t.Errorf("for a call afterwards: got %q", got)
	}
}

func TestWhatIsBehind(t *testing.T) {
	s := newScene()
	if got := s.behind(s.at(1), s.at(1)); len(got) != 1 {
		t.Errorf("without an object: got %q", got)
	}
	s.says(5, v1alpha1.JobStateQueued)
	if got := s.behind(s.at(6), s.at(6)); len(got) > 0 {
		t.Errorf("with the present state: got %q", got)
	}
	if got := s.behind(s.at(15), s.at(15)); len(got) != 1 {
		t.Errorf("with the state before: got %q", got)
	}
	if got := s.behind(s.at(9), s.at(15)); len(got) > 0 {
		t.Errorf("with the state before, which has just changed: got %q", got)
	}
	s.says(16, v1alpha1.JobStateStarted, func(v *view) { v.synced = metav1.ConditionFalse })
	if got := s.behind(s.at(17), s.at(17)); len(got) != 1 {
		t.Errorf("with a fault: got %q", got)
	}
	s.vanish(jobID, "1", s.at(18))
	if got := s.behind(s.at(19), s.at(19)); len(got) > 0 {
		t.Errorf("without the object: got %q", got)
	}
}

func TestKeysAreFound(t *testing.T) {
	var secrets canaries
	secret := secrets.issue()
	for text, want := range map[string]int{"the key is " + secret + ".": 1, "nothing": 0, "Bearer " + issuedTokens + "X": 1} {
		if got := secrets.check("a text", text); len(got) != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
	if got := secrets.check("a status", map[string]string{"comment": secret}); len(got) != 1 || strings.Contains(got[0], secret) {
		t.Errorf("in an object: got %q", got)
	}
}
