// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestJobIsMirroredThroughItsLife(t *testing.T) {
	s := newScene(t)
	s.vectara.AddJob(simulator.Job{
		ID: "job_life", Type: "bulk_delete_documents", CorpusKeys: []string{"legal", "hr"}, CreatedByUsername: "jdoe",
		Steps: []simulator.Step{
			{State: "queued", For: 3 * time.Second}, {State: "started", For: 3 * time.Second},
			{State: "failed_will_retry", For: 3 * time.Second}, {State: "completed"},
		},
	})
	fresh := s.create("life", "job_life")
	if got := fresh.Status.ObservedGeneration; got != -1 {
		t.Errorf("a new object has observedGeneration %d, want -1", got)
	}
	for _, reason := range []string{"JobQueued", "JobStarted", "JobRetrying", "JobCompleted"} {
		s.awaitReason("life", v1alpha1.ConditionReady, reason)
	}
	status := s.get("life").Status
	if status.State != "completed" || status.Type != "bulk_delete_documents" || len(status.CorpusKeys) != 2 ||
		status.CreatedByUsername != "jdoe" || status.CreatedAt == nil || status.StartedAt == nil || status.CompletedAt == nil ||
		status.LastTransitionTime == nil || status.ObservedGeneration != 1 {
		t.Errorf("the mirror is incomplete: %+v", status)
	}
	if got := s.jobWrites(); got != 4 {
		t.Errorf("%d writes for four states, want 4", got)
	}
	for _, reason := range []string{"JobStarted", "JobRetrying", "JobCompleted"} {
		s.awaitEvent("life", reason)
	}
}

func TestTTLDeletesTheResourceAfterTheEnd(t *testing.T) {
	s := newScene(t)
	s.job("job_done", "completed")
	s.job("job_running", "started")
	ttl := func(seconds int32) func(*v1alpha1.VectaraJob) {
		return func(object *v1alpha1.VectaraJob) { object.Spec.TTLSecondsAfterFinished = ptr.To(seconds) }
	}
	s.create("kept", "job_done")
	s.create("later", "job_done", ttl(4))
	s.create("running", "job_running", ttl(0))
	finished := s.awaitReason("later", v1alpha1.ConditionReady, "JobCompleted")
	s.awaitGone("later")
	if early := time.Until(finished.Status.LastTransitionTime.Add(4 * time.Second)); early > 0 {
		t.Errorf("deleted %v before its time", early)
	}
	s.create("at-once", "job_done", ttl(0))
	s.awaitGone("at-once")

	// A time that is set after the end counts from the end.
	s.change("kept", ttl(0))
	s.awaitGone("kept")
	s.awaitReason("running", v1alpha1.ConditionReady, "JobStarted")
}

func TestSuspendedObjectIsLeftAlone(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	s.create("a", "job_a", suspended(true))
	s.create("witness", "job_a")
	s.awaitReason("witness", v1alpha1.ConditionReady, "JobStarted")
	s.awaitCalls("job_a", 3)
	if object := s.get("a"); len(object.Status.Conditions) != 0 || object.Status.ObservedGeneration != -1 {
		t.Errorf("a suspended object was written: %+v", object.Status)
	}

	s.change("a", suspended(false))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")

	suspendedAgain := s.change("a", suspended(true))
	s.must(admin.Delete(s.ctx, s.get("witness")))
	s.vectara.SetState("job_a", "completed", "")
	calls := s.vectara.Count(simulator.OpGetJob, "job_a")
	s.job("job_clock", "started")
	s.create("clock", "job_clock", pollEvery(time.Second))
	s.awaitCalls("job_clock", 5)
	if got := s.vectara.Count(simulator.OpGetJob, "job_a"); got > calls+1 {
		t.Errorf("%d calls for a suspended object, want none but one that was under way", got-calls)
	}
	if got := s.get("a"); got.ResourceVersion != suspendedAgain.ResourceVersion {
		t.Errorf("a suspended object was written: %+v", got.Status)
	}

	s.change("a", suspended(false))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}

func TestAnnotationRequestsAPoll(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	s.create("a", "job_a", pollEvery(time.Hour))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")

	s.vectara.SetState("job_a", "completed", "")
	s.change("a", requestedAt("one"))
	done := s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
	if done.Status.LastHandledReconcileAt != "one" {
		t.Errorf("lastHandledReconcileAt is %q, want %q", done.Status.LastHandledReconcileAt, "one")
	}
	s.awaitCalls("job_a", 2)

	// A finished job is polled by annotation only, and then follows Vectara.
	s.vectara.SetState("job_a", "aborted", "")
	s.change("a", requestedAt("two"))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobAborted")
	s.awaitCalls("job_a", 3)

	// When that fails, only Synced says so.
	s.vectara.RemoveJob("job_a")
	s.change("a", requestedAt("three"))
	after := s.awaitReason("a", v1alpha1.ConditionSynced, "JobNotFound")
	if after.Status.State != "aborted" || reasonOf(after, v1alpha1.ConditionReady) != "JobAborted" ||
		reasonOf(after, v1alpha1.ConditionStalled) != "JobAborted" || after.Status.LastHandledReconcileAt != "three" {
		t.Errorf("a failed poll of a finished job changed more than Synced: %+v", after.Status)
	}
	if got := s.vectara.Count(simulator.OpGetJob, "job_a"); got != 4 {
		t.Errorf("%d calls, want 4", got)
	}
}

func TestChangedSpecificationIsPolledAtOnce(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	s.create("a", "job_a", pollEvery(time.Hour))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
	s.change("a", pollEvery(2*time.Hour))
	s.await("a", "has observed generation 2", func(object *v1alpha1.VectaraJob) bool {
		return object.Status.ObservedGeneration == 2
	})

	s.vectara.SetState("job_a", "completed", "")
	s.change("a", requestedAt("now"))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
	calls := s.vectara.Count(simulator.OpGetJob, "job_a")
	s.change("a", pollEvery(3*time.Hour))
	s.await("a", "has observed generation 3", func(object *v1alpha1.VectaraJob) bool {
		return object.Status.ObservedGeneration == 3
	})
	if got := s.vectara.Count(simulator.OpGetJob, "job_a"); got != calls {
		t.Errorf("%d calls after the end of the job", got-calls)
	}
}
