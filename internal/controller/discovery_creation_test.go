// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

var (
	errQuota       = apierrors.NewForbidden(jobsResource, "x", errorText("exceeded quota: team, requested: 1, used: 2, limited: 2"))
	errTerminating = &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: 403, Reason: metav1.StatusReasonForbidden, Message: "the namespace is being terminated",
		Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}},
	}}
)

type errorText string

func (e errorText) Error() string { return string(e) }

// takenBy is a VectaraJob with the name that the discovery gives the one for a job, and for another job.
func takenBy(jobID string) *v1alpha1.VectaraJob {
	return job(func(object *v1alpha1.VectaraJob) { object.Name = discoveredName(testDiscovery, jobID) })
}

func TestWhatWasDeletedIsNotCreatedAgain(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a", "job_b")...)
	w.reconcile(t)
	w.remove(t, "job_a")
	w.restart()
	w.reconcile(t)
	w.expectVectaraJobs(t, "job_b")
	w.expectCalls(t, 2, 2) // The second write says that one less is mirrored.
	if got := w.stored(t).Status; *got.ObservedJobs != 2 || *got.MirroredJobs != 1 || *got.WaitingJobs != 0 {
		t.Errorf("Status is %+v, want one job less to be mirrored, and none to wait", got)
	}
}

// TestNothingIsCreatedTwice has the operator fail between what it creates and what it writes down of it.
func TestNothingIsCreatedTwice(t *testing.T) {
	for _, test := range []struct {
		name    string
		err     error
		between func(w *discoveryWorld)
	}{
		{"the API server is busy", errUnavailable, func(*discoveryWorld) {}},
		{"the discovery was changed in the meantime", errConflict, func(*discoveryWorld) {}},
		{"the process ends", errUnavailable, (*discoveryWorld).restart},
		{"the cache does not show yet what was created", errUnavailable, func(w *discoveryWorld) { w.cacheSleeps = true }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newDiscoveryWorld(t, discovery(), secret())
			w.lists(t, listed("job_a", "job_b")...)
			w.patchError = test.err
			result, err := w.Reconcile(w.context(t), discoveryRequest)
			if conflict := apierrors.IsConflict(test.err); conflict != (err == nil) || conflict && result.RequeueAfter != conflictPause {
				t.Fatalf("Reconcile gives %+v and %v", result, err)
			}
			if len(w.recorder.events) > 0 || w.metrics.discovered > 0 {
				t.Errorf("It was recorded although it was not written: %q", w.recorder.events)
			}

			w.patchError = nil
			test.between(w)
			for range 2 {
				w.reconcile(t)
			}
			w.expectCalls(t, 2, 2)
			w.expectConditions(t, "Ready True JobsDiscovered")
			if got := w.stored(t).Status.CreatedJobs; got != 2 || w.metrics.discovered != 2 {
				t.Errorf("createdJobs is %d, and recorded are %d; want 2", got, w.metrics.discovered)
			}
			w.remove(t, "job_a")
			w.cacheSleeps = false
			w.reconcile(t)
			w.expectVectaraJobs(t, "job_b")
		})
	}
}

func TestWhatIsDeletedBeforeItIsWrittenDownIsNotCreatedAgain(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a")...)
	w.patchError = errConflict
	w.reconcile(t)
	w.remove(t, "job_a") // As a TTL of 0 does at once.
	w.expectations.deleted(discoveryRequest.NamespacedName, "job_a")

	w.patchError = nil
	for range 2 {
		w.reconcile(t)
	}
	w.expectCalls(t, 1, 2)
	w.expectVectaraJobs(t)
	if got := w.stored(t).Status.CreatedJobs; got != 1 || w.metrics.discovered != 1 {
		t.Errorf("createdJobs is %d, and recorded are %d; want 1", got, w.metrics.discovered)
	}
}

func TestAnOldCopyIsNotDecidedBy(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a")...)
	old := w.stored(t)
	w.reconcile(t)
	w.remove(t, "job_a")

	w.cached = old
	if result := w.reconcile(t); result.RequeueAfter != cachePause {
		t.Errorf("The result is %+v, want to come again when the cache has learnt", result)
	}
	w.expectCalls(t, 1, 1)
	w.cached = nil
	w.reconcile(t)
	w.expectCalls(t, 1, 2) // The second write says that none is mirrored any more.
	w.expectVectaraJobs(t)
}

func TestOneNameThatIsTakenKeepsTheOthersFromNothing(t *testing.T) {
	ids := manyIDs(60)
	for _, taken := range [][]string{ids[:1], ids[30:31], ids[:2*maxCreating]} {
		objects := []client.Object{discovery(), secret()}
		for _, id := range taken {
			objects = append(objects, takenBy(id))
		}
		w := newDiscoveryWorld(t, objects...)
		w.lists(t, listed(ids...)...)
		w.reconcileInVain(t)
		w.expectConditions(t, "Ready False CreationFailed", "Reconciling True CreationFailed")
		want := int64(len(ids) - len(taken))
		if got := w.stored(t).Status; got.CreatedJobs != want || !strings.Contains(got.Conditions[0].Message, "already exists") {
			t.Errorf("With %q taken, status is %+v", taken, got)
		}
		// It is retried with a back-off, because of the error. That writes nothing.
		w.created, w.patches = nil, nil
		w.reconcileInVain(t)
		slices.Sort(w.created)
		if !slices.Equal(w.created, taken) || len(w.patches) > 0 {
			t.Errorf("Then %q are created and %q is written, want %q and nothing", w.created, w.patches, taken)
		}

		for _, id := range taken {
			if err := w.cluster.Delete(t.Context(), takenBy(id)); err != nil {
				t.Fatal(err)
			}
		}
		w.reconcile(t)
		w.expectVectaraJobs(t, ids...)
		w.expectConditions(t, "Ready True JobsDiscovered")
	}
}

func TestAQuotaIsReportedAndWhatItLetPassIsRemembered(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	ids := manyIDs(90)
	w.lists(t, listed(ids...)...)
	let := 20
	w.refuse = func(*v1alpha1.VectaraJob) error {
		let--
		if let < 0 {
			return errQuota
		}
		return nil
	}
	w.reconcileInVain(t)
	w.expectConditions(t, "Ready False CreationFailed", "Reconciling True CreationFailed")
	stored := w.stored(t)
	if got := len(readProcessed(stored.Status.HandledJobs)); got != 20 || stored.Status.CreatedJobs != 20 {
		t.Errorf("%d are remembered and %d counted, want the 20 that were created", got, stored.Status.CreatedJobs)
	}
	if !strings.Contains(stored.Status.Conditions[0].Message, "exceeded quota: team") {
		t.Errorf("The message is %q", stored.Status.Conditions[0].Message)
	}
	if calls := len(w.created); calls >= 20+2*maxCreating {
		t.Errorf("There were %d calls, although the first refusal holds for all", calls)
	}

	w.created, w.patches = nil, nil
	w.reconcileInVain(t)
	if len(w.created) > maxCreating || len(w.patches) > 0 {
		t.Errorf("While the quota holds, there are %d calls and the writes %q", len(w.created), w.patches)
	}
	w.refuse = nil
	w.reconcile(t)
	w.expectVectaraJobs(t, ids...)
	w.expectConditions(t, "Ready True JobsDiscovered")
	if got := w.stored(t).Status.CreatedJobs; got != 90 {
		t.Errorf("createdJobs is %d, want 90", got)
	}
}

func TestANamespaceThatGoesIsLeftAlone(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a", "job_b")...)
	w.refuse = func(*v1alpha1.VectaraJob) error { return errTerminating }
	if result := w.reconcile(t); result != (ctrl.Result{}) {
		t.Errorf("The result is %+v, want none", result)
	}
	if len(w.patches)+len(w.recorder.events)+len(w.lines) > 0 {
		t.Errorf("There were writes %q, events %q and log lines %q", w.patches, w.recorder.events, w.lines)
	}
}

func TestManyJobsAreCreatedInBatches(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed(manyIDs(250)...)...)
	for _, want := range []struct {
		jobs       int
		conditions []string
		again      bool
	}{
		{100, []string{"Ready False CreatingJobs", "Reconciling True CreatingJobs"}, true},
		{200, []string{"Ready False CreatingJobs", "Reconciling True CreatingJobs"}, true},
		{250, []string{"Ready True JobsDiscovered"}, false},
	} {
		result := w.reconcile(t)
		if (result.RequeueAfter == cachePause) != want.again {
			t.Errorf("With %d, it is reconciled again after %v", want.jobs, result.RequeueAfter)
		}
		w.expectVectaraJobs(t, manyIDs(want.jobs)...)
		w.expectConditions(t, want.conditions...)
		if got := w.stored(t).Status; got.CreatedJobs != int64(want.jobs) || len(readProcessed(got.HandledJobs)) != want.jobs {
			t.Errorf("With %d, %d are counted and %d remembered", want.jobs, got.CreatedJobs, len(readProcessed(got.HandledJobs)))
		}
	}
	w.expectCalls(t, 250, 3)
	for _, event := range w.recorder.events {
		if event.kind != "Normal" {
			t.Errorf("There was the event %q, and all went well", event)
		}
	}
}

// TestMaxJobsHoldsWhateverTheCacheShows has the cache lag behind: the VectaraJobs of the last moment count all the same.
func TestMaxJobsHoldsWhateverTheCacheShows(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(withMaxJobs(120)), secret())
	w.lists(t, listed(manyIDs(250)...)...)
	w.cacheSleeps = true
	for range 4 {
		w.now = w.now.Add(time.Second)
		w.reconcile(t)
	}
	w.expectVectaraJobs(t, manyIDs(120)...)
	w.expectConditions(t, "Ready False MaxJobsReached", "Stalled True MaxJobsReached")

	w.cacheSleeps = false
	w.reconcile(t)
	w.remove(t, "job_00003")
	w.reconcile(t)
	w.expectVectaraJobs(t, slices.Delete(manyIDs(121), 3, 4)...)
}
