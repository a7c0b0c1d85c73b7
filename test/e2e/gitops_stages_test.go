// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// notFoundForAMinute is the one row of the table of conditions that takes a minute to come about.
const notFoundForAMinute = "404 for more than a minute"

// stage is what an object can be in besides the rows of the table of conditions.
type stage struct {
	name string
	// reach brings about the stage: of the VectaraJob "a", for the job "job_a", or the discovery "legal". The manager is running.
	reach  func(*scene)
	health status.Status // what kstatus makes of it
}

func stages() []stage {
	return []stage{
		{"new", func(s *scene) {
			s.manager.Stop()
			s.create("a", "job_a")
		}, status.InProgressStatus},
		{"new and suspended", func(s *scene) {
			s.create("a", "job_a", suspended(true))
		}, status.InProgressStatus},
		{"suspended while started", func(s *scene) {
			s.reach("started", "JobStarted")
			s.change("a", suspended(true))
		}, status.InProgressStatus},
		{"suspended after it failed", func(s *scene) {
			s.reach("failed", "JobFailed")
			s.change("a", suspended(true))
		}, status.InProgressStatus},
		{"completed with a change not seen yet", func(s *scene) {
			s.reach("completed", "JobCompleted")
			s.manager.Stop()
			s.change("a", pollEvery(time.Hour))
		}, status.InProgressStatus},
		{"failed with a change not seen yet", func(s *scene) {
			s.reach("failed", "JobFailed")
			s.manager.Stop()
			s.change("a", pollEvery(time.Hour))
		}, status.InProgressStatus},
		{"started then 503", func(s *scene) {
			s.reach("started", "JobStarted")
			s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Status: 503})
			s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable")
		}, status.InProgressStatus},
		{"started then 403", func(s *scene) {
			s.reach("started", "JobStarted")
			s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Status: 403})
			s.awaitReason("a", v1alpha1.ConditionSynced, "PermissionDenied")
		}, status.FailedStatus},
		{"completed then not found", func(s *scene) {
			s.reach("completed", "JobCompleted")
			s.vectara.RemoveJob("job_a")
			s.change("a", requestedAt("now"))
			s.awaitReason("a", v1alpha1.ConditionSynced, "JobNotFound")
		}, status.CurrentStatus},
		{"failed then 503", func(s *scene) {
			s.reach("failed", "JobFailed")
			s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Status: 503})
			s.change("a", requestedAt("now"))
			s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable")
		}, status.FailedStatus},
	}
}

// reach has the job in a state, and the object show it.
func (s *scene) reach(state, reason string) {
	s.t.Helper()
	s.job("job_a", state)
	if state == "failed" {
		s.vectara.SetState("job_a", state, "Corpus legal is over its quota.")
	}
	s.create("a", "job_a")
	s.awaitReason("a", v1alpha1.ConditionReady, reason)
}

func TestStagesBesidesTheRows(t *testing.T) {
	for _, st := range stages() {
		t.Run(st.name, func(t *testing.T) {
			s := newScene(t)
			st.reach(s)
			if got := healthOf(t, s.get("a")); got != st.health {
				t.Errorf("kstatus makes it %s, want %s", got, st.health)
			}
			s.golden(v1alpha1.VectaraJobKind, "a", st.name)
		})
	}
}

// TestHealthThroughALife checks every version of an object that the API server ever had, from before there was a
// manager: a gate must not open early, nor fail while the outcome is open.
func TestHealthThroughALife(t *testing.T) {
	for _, end := range []struct {
		state string
		want  status.Status
	}{
		{"completed", status.CurrentStatus},
		{"failed", status.FailedStatus},
		{"aborted", status.FailedStatus},
	} {
		t.Run("a job that ends as "+end.state, func(t *testing.T) {
			s := newScene(t)
			s.manager.Stop()
			s.vectara.AddJob(simulator.Job{
				ID: "job_life", StartOnFirstGet: true,
				Steps: []simulator.Step{
					{State: "queued", For: 2 * time.Second}, {State: "started", For: 2 * time.Second},
					{State: "failed_will_retry", For: 2 * time.Second}, {State: end.state},
				},
			})
			s.create("life", "job_life")
			var seen []string
			starting := false
			s.await("life", "ends", func(object *v1alpha1.VectaraJob) bool {
				if !starting {
					starting = true
					s.manager = s.anotherManager()
				}
				reason := reasonOf(object, v1alpha1.ConditionReady)
				seen = append(seen, reason)
				ended := object.IsFinished()
				want := status.InProgressStatus
				if ended {
					want = end.want
				}
				if got := healthOf(t, object); got != want {
					t.Errorf("with the reason %q kstatus makes it %s, want %s", reason, got, want)
				}
				return ended
			})
			if len(seen) != 5 || seen[0] != "" || seen[1] != "JobQueued" || seen[2] != "JobStarted" || seen[3] != "JobRetrying" {
				t.Errorf("the reasons seen were %q", seen)
			}
		})
	}
}

func TestObjectThatIsBeingDeletedIsTerminating(t *testing.T) {
	s := newScene(t)
	s.reach("completed", "JobCompleted")
	// The operator sets no finalizer. One of somebody else's keeps the object there for a while.
	const finalizer = "example.com/kept"
	s.change("a", func(object *v1alpha1.VectaraJob) { controllerutil.AddFinalizer(object, finalizer) })
	s.must(admin.Delete(s.ctx, s.get("a")))
	object := s.get("a")
	if got := healthOf(t, object); got != status.TerminatingStatus {
		t.Errorf("kstatus makes it %s, want %s", got, status.TerminatingStatus)
	}
	if c := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReady); c == nil || c.Reason != "JobCompleted" {
		t.Errorf("Ready is %+v", c)
	}
	s.must(client.IgnoreNotFound(admin.Patch(s.ctx, object, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`)))))
	s.awaitGone("a")
}
