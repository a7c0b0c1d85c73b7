// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// clock adds a job that is polled once a second, by which a test counts time: what the operator has not done after some
// of its polls, it does not do. It has credentials of its own, so that it is never listed together with others.
func (s *scene) clock() (tick func(n int)) {
	s.t.Helper()
	const key = "a-key-for-the-clock-alone"
	s.vectara.AddAPIKey(key, simulator.Access{})
	s.secret("clock", map[string]string{v1alpha1.APIKeyKey: key})
	s.job("job_clock", "started")
	s.create("clock", "job_clock", pollEvery(time.Second), func(object *v1alpha1.VectaraJob) {
		object.Spec.SecretRef.Name = "clock"
		object.Labels = map[string]string{"clock": ""}
	})
	s.awaitReason("clock", v1alpha1.ConditionReady, "JobStarted")
	return func(n int) {
		s.t.Helper()
		s.awaitCalls("job_clock", s.vectara.Count(simulator.OpGetJob, "job_clock")+n)
	}
}

func TestRunningJobsThatDoNotChangeCostNoWrites(t *testing.T) {
	s := newScene(t)
	tick := s.clock()
	for i := range 20 {
		id := fmt.Sprint("job_", i)
		s.job(id, "started")
		s.create(fmt.Sprint("a", i), id, pollEvery(time.Second))
		s.awaitReason(fmt.Sprint("a", i), v1alpha1.ConditionReady, "JobStarted")
	}
	writes, lists := s.jobWrites(), s.vectara.Count(simulator.OpListJobs, "")
	gets := s.vectara.Count(simulator.OpGetJob, "job_7")
	tick(5)
	polls := s.vectara.Count(simulator.OpListJobs, "") - lists + s.vectara.Count(simulator.OpGetJob, "job_7") - gets
	if polls < 3 || polls > 20 {
		t.Errorf("20 jobs were polled with %d calls in 5 s, want about one a second for all of them", polls)
	}
	if got := s.jobWrites() - writes; got != 0 {
		t.Errorf("%d writes while nothing changed", got)
	}
}

func TestFinishedJobIsNeverPolledAgainNotEvenAfterARestart(t *testing.T) {
	s := newScene(t)
	tick := s.clock()
	for _, state := range []string{"completed", "failed", "aborted"} {
		s.job("job_"+state, state)
		s.create(state, "job_"+state, pollEvery(time.Second))
	}
	s.awaitReason("completed", v1alpha1.ConditionReady, "JobCompleted")
	s.awaitReason("failed", v1alpha1.ConditionReady, "JobFailed")
	s.awaitReason("aborted", v1alpha1.ConditionReady, "JobAborted")
	writes := s.jobWrites()

	tick(3)
	// What must not have them polled: labels, a Secret that changes, a restart.
	s.change("completed", func(object *v1alpha1.VectaraJob) { object.Labels = map[string]string{"a": "b"} })
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{"api-key": apiKey, "comment": "changed"})
	tick(3)
	s.manager.Kill()
	s.startManager()
	tick(3)
	for _, state := range []string{"completed", "failed", "aborted"} {
		if got := s.vectara.Count(simulator.OpGetJob, "job_"+state); got != 1 {
			t.Errorf("the job that is %s was polled %d times, want once", state, got)
		}
	}
	if got := s.jobWrites() - writes; got != 0 {
		t.Errorf("%d writes after all had ended", got)
	}
}

func TestLabelsAndForeignStatusCauseNoCalls(t *testing.T) {
	s := newScene(t)
	tick := s.clock()
	s.job("job_a", "started")
	s.create("a", "job_a", pollEvery(time.Hour))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
	for i := range 20 {
		s.change("a", func(object *v1alpha1.VectaraJob) { object.Labels = map[string]string{"turn": fmt.Sprint(i)} })
	}
	tick(2)
	if got := s.vectara.Count(simulator.OpGetJob, "job_a"); got != 1 {
		t.Errorf("%d calls, want 1: label edits are nothing to Vectara", got)
	}
}

func TestObjectsOfOneJobShareItsCalls(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	tick := s.clock()
	for i := range 10 {
		s.create(fmt.Sprint("a", i), "job_a", pollEvery(time.Second))
	}
	for i := range 10 {
		s.awaitReason(fmt.Sprint("a", i), v1alpha1.ConditionReady, "JobStarted")
	}
	before := s.vectara.Count(simulator.OpGetJob, "job_a")
	tick(5)
	// Ten objects, one job: as many polls as the clock, give or take the jitter and one on either side.
	if got := s.vectara.Count(simulator.OpGetJob, "job_a") - before; got > 8 {
		t.Errorf("%d calls for one job during 5 polls of another", got)
	}
}

func TestBrokenObjectsSlowNoOther(t *testing.T) {
	s := newScene(t)
	for i := range 30 {
		id := fmt.Sprint("job_broken", i)
		s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, JobID: id, Hang: true})
		s.create(fmt.Sprint("broken", i), id)
		s.create(fmt.Sprint("lost", i), fmt.Sprint("job_lost", i), func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = "absent" })
	}
	s.awaitReason("lost29", v1alpha1.ConditionStalled, "CredentialsNotFound")
	s.job("job_good", "completed")
	started := time.Now()
	s.create("good", "job_good")
	s.awaitReason("good", v1alpha1.ConditionReady, "JobCompleted")
	// The broken ones hang for 10 s each. Waiting for even one of them would show.
	if took := time.Since(started); took > 8*time.Second {
		t.Errorf("a good job waited %v behind broken ones", took)
	}
}

func TestManagerSaysNothingInSteadyState(t *testing.T) {
	s := newScene(t)
	tick := s.clock()
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, JobID: "job_down", Status: 500})
	s.create("down", "job_down")
	s.awaitReason("down", v1alpha1.ConditionSynced, "APIUnavailable")
	s.awaitCalls("job_down", 2)
	before := len(s.manager.Output())
	tick(4)
	if said := s.manager.Output()[before:]; strings.TrimSpace(said) != "" {
		t.Errorf("said in steady state:\n%s", said)
	}
}
