// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

func createdAtNoon(j *vectara.Job) {
	*j = vectara.Job{ID: j.ID, State: j.State, CreatedAt: noon}
}

// withJobCreatedAtNoon is an observation of the job that createdAtNoon makes, which differs from one that is stored in
// its fraction of a second.
func withJobCreatedAtNoon(o jobs.Observation) jobs.Observation {
	createdAtNoon(o.Job)
	return o
}

func TestObjectsAreDeletedWhenTheirTimeAfterTheEndIsOver(t *testing.T) {
	ended := noon.Truncate(time.Second).Add(-10 * time.Minute)
	for _, test := range []struct {
		name    string
		object  *v1alpha1.VectaraJob
		now     time.Time
		deleted bool
		again   time.Duration
	}{
		{"not at the end", job(withStateSince("completed", ended), withTTL(3600)), ended, false, time.Hour},
		{"not a millisecond too early", job(withStateSince("completed", ended), withTTL(3600)), ended.Add(time.Hour - time.Millisecond), false, time.Millisecond},
		{"on time", job(withStateSince("completed", ended), withTTL(3600)), ended.Add(time.Hour), true, 0},
		{"late, after the operator was away", job(withStateSince("failed", ended), withTTL(3600)), ended.Add(24 * time.Hour), true, 0},
		{"at once if it is 0 s", job(withStateSince("aborted", ended), withTTL(0)), ended, true, 0},
		{"not in this century if it is the longest there is", job(withStateSince("completed", ended), withTTL(2147483647)), ended.Add(time.Hour), false, 2147483647*time.Second - time.Hour},
		{"not while the job may still complete", job(withStateSince("failed_will_retry", ended), withTTL(0)), ended.Add(time.Hour), false, 0},
		{"not while the job was never seen", job(withTTL(0)), noon.Add(time.Hour), false, 0},
		{"not while the job is missing", job(withTTL(0), withFault(apiFault(jobs.NotFound))), noon.Add(time.Hour), false, 0},
		{"not if no time was set", job(withStateSince("completed", ended)), ended.Add(1000 * time.Hour), false, 0},
		{"counted from when the end was seen and not from Vectara's clock", job(withStateSince("completed", ended, func(j *vectara.Job) { j.CompletedAt = ended.Add(-24 * time.Hour) }), withTTL(3600)), ended.Add(time.Minute), false, 59 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.object, secret())
			w.now = test.now
			result := w.reconcile(t)
			if result.RequeueAfter != test.again {
				t.Errorf("The object is reconciled again after %v, want %v", result.RequeueAfter, test.again)
			}
			var left v1alpha1.VectaraJob
			err := w.Client.Get(t.Context(), testRequest.NamespacedName, &left)
			if deleted := apierrors.IsNotFound(err); deleted != test.deleted {
				t.Errorf("Deleted: %t (%v), want %t", deleted, err, test.deleted)
			}
		})
	}
}

func TestOnlyTheObjectThatWasDecidedOnIsDeleted(t *testing.T) {
	object := job(withState("started"), withTTL(0))
	w := newWorld(t, object, secret())
	w.answers(object, seenIn("completed"))
	before := w.stored(t)
	w.reconcile(t)

	if len(w.patches) != 1 || len(w.deleted) != 1 {
		t.Fatalf("There were %d writes of status and %d deletions, want one of each", len(w.patches), len(w.deleted))
	}
	only := w.deleted[0].Preconditions
	if only == nil || only.UID == nil || *only.UID != object.UID {
		t.Fatalf("The preconditions are %+v, want the UID of the object", only)
	}
	// The write of status made a new resource version, and the deletion goes by that one.
	if only.ResourceVersion == nil || *only.ResourceVersion == before.ResourceVersion {
		t.Errorf("The preconditions are %+v, want the resource version after the write", only)
	}
}

func TestRefusedDeletions(t *testing.T) {
	for _, test := range []struct {
		name    string
		err     error
		want    ctrl.Result
		wantErr bool
	}{
		{"an object that was changed in the meantime is reconciled again", errConflict, ctrl.Result{RequeueAfter: conflictPause}, false},
		{"an object that is not found is looked at again, as it need not be gone", errGone, ctrl.Result{RequeueAfter: notFoundPause}, false},
		{"any other error is returned", errUnavailable, ctrl.Result{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, job(withState("completed"), withTTL(0)), secret())
			w.deleteError = test.err
			result, err := w.Reconcile(w.context(t), testRequest)
			if result != test.want || (err != nil) != test.wantErr || err != nil && !errors.Is(err, test.err) {
				t.Errorf("Reconcile gives %+v and %v", result, err)
			}
			if len(w.lines) > 0 {
				t.Errorf("A deletion that was refused was logged: %q", w.lines)
			}
		})
	}
}
