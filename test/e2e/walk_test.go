// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestManyJobsAreFollowedWithFewCalls(t *testing.T) {
	s := newScene(t)
	const n = 250
	for i := range n {
		id := fmt.Sprint("job_", i)
		s.job(id, "started")
		s.create(fmt.Sprint("a", i), id, pollEvery(2*time.Second))
	}
	for i := range n {
		s.awaitReason(fmt.Sprint("a", i), v1alpha1.ConditionReady, "JobStarted")
	}
	tick := s.clock()
	writes := s.jobWrites()
	s.vectara.ResetLog()
	tick(10)
	pages, gets := s.vectara.Count(simulator.OpListJobs, ""), s.vectara.Count(simulator.OpGetJob, "job_7")
	if pages < 9 || pages > 40 {
		t.Errorf("%d pages for about five polls of %d jobs, want three for each", pages, n)
	}
	if gets > 1 {
		t.Errorf("job_7 was requested alone %d times", gets)
	}
	if got := s.jobWrites() - writes; got != 0 {
		t.Errorf("%d writes while nothing changed", got)
	}

	// One that ends, one that goes away, one that lists do not know how to show.
	s.vectara.SetState("job_1", "failed", "it was not to be")
	s.vectara.RemoveJob("job_2")
	s.vectara.SetState("job_3", "a_state_of_next_year", "")
	s.awaitReason("a1", v1alpha1.ConditionStalled, "JobFailed")
	s.awaitReason("a2", v1alpha1.ConditionStalled, "JobNotFound")
	s.awaitReason("a3", v1alpha1.ConditionReady, "JobStateUnknown")
	if got := s.get("a2").Status.State; got != "started" {
		t.Errorf("the job that went away is shown as %q, want what was last seen", got)
	}

	// All at once.
	for i := range n {
		if i != 2 {
			s.vectara.SetState(fmt.Sprint("job_", i), "completed", "")
		}
	}
	for i := 4; i < n; i++ {
		s.awaitReason(fmt.Sprint("a", i), v1alpha1.ConditionReady, "JobCompleted")
	}
}

func TestJobsOfAnAccountThatMayNotListArePolledOneByOne(t *testing.T) {
	s := newScene(t)
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Status: 403})
	for i := range 30 {
		id := fmt.Sprint("job_", i)
		s.job(id, "started")
		s.create(fmt.Sprint("a", i), id)
	}
	s.awaitReason("a29", v1alpha1.ConditionReady, "JobStarted")
	for i := range 30 {
		s.vectara.SetState(fmt.Sprint("job_", i), "completed", "")
	}
	for i := range 30 {
		s.awaitReason(fmt.Sprint("a", i), v1alpha1.ConditionReady, "JobCompleted")
	}
	if got := s.vectara.Count(simulator.OpListJobs, ""); got > 1 {
		t.Errorf("%d lists were requested although they are forbidden", got)
	}
}
