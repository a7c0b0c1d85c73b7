// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

var (
	testKey        = jobs.Key{Namespace: testNamespace, Name: testName}
	jobsResource   = schema.GroupResource{Group: v1alpha1.GroupName, Resource: "vectarajobs"}
	errConflict    = apierrors.NewConflict(jobsResource, testName, errors.New("the object has been modified"))
	errGone        = apierrors.NewNotFound(jobsResource, testName)
	errUnavailable = apierrors.NewServiceUnavailable("the API server is busy")
)

// beingDeleted has the object wait for the finalizer of somebody else.
func beingDeleted(object *v1alpha1.VectaraJob) {
	object.Finalizers = []string{"example.com/audit"}
	object.DeletionTimestamp = timestamp(noon)
}

func TestWhatIsLeftAlone(t *testing.T) {
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
	}{
		{"a suspended object", job(withSuspend(true))},
		{"a suspended object whose job was running", job(withState("started"), withSuspend(true))},
		{"a suspended object whose recheck was requested", job(withState("completed"), withSuspend(true), withRequestedAt("now"))},
		{"a suspended object whose time after the end is over", job(withState("completed"), withTTL(0), withSuspend(true))},
		{"a suspended object of a new generation", job(withState("started"), withSuspend(true), withGeneration(2))},
		{"an object that is being deleted", job(beingDeleted)},
		{"an object that is being deleted and whose job was running", job(withState("started"), beingDeleted)},
		{"an object whose job completed", job(withState("completed"))},
		{"an object whose job failed", job(withState("failed"))},
		{"an object whose job was aborted", job(withState("aborted"))},
		{"an object whose job completed and whose recheck was made", job(withRequestedAt("now"), withState("completed"))},
		{"an object whose job completed, whose recheck was made and no longer stands there", job(withRequestedAt("now"), withState("completed"), func(object *v1alpha1.VectaraJob) { object.Annotations = nil })},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.object, secret())
			w.answers(test.object, seenIn("started"))
			if result := w.reconcile(t); result != (ctrl.Result{}) {
				t.Errorf("The result is %+v, want none", result)
			}
			w.expectNothingAsked(t)
			w.expectNoWrites(t)
			if !slices.Equal(w.source.unwatched, []jobs.Key{testKey}) {
				t.Errorf("Unwatched is %v, want the object", w.source.unwatched)
			}
			if len(w.lines) > 0 {
				t.Errorf("The log says %q, want nothing", w.lines)
			}
		})
	}
}

func TestAnObjectThatIsGoneIsNotWatched(t *testing.T) {
	w := newWorld(t, secret())
	w.reconcile(t)
	w.expectNothingAsked(t)
	if !slices.Equal(w.source.unwatched, []jobs.Key{testKey}) {
		t.Errorf("Unwatched is %v, want the object", w.source.unwatched)
	}
}

func TestWhatTheSourceIsAsked(t *testing.T) {
	fiveMinutes := func(object *v1alpha1.VectaraJob) {
		object.Spec.RequestTimeout = &metav1.Duration{Duration: 5 * time.Minute}
	}
	for _, test := range []struct {
		name    string
		object  *v1alpha1.VectaraJob
		timeout time.Duration
		request jobs.Request
		urgent  bool
	}{
		{"a new object is urgent", job(), 10 * time.Second, jobs.Request{Generation: 1}, true},
		{"an object that was polled is not", job(withState("started")), 10 * time.Second, jobs.Request{Generation: 1}, false},
		{"one that met an outage is not", job(withFault(apiFault(jobs.Unavailable))), 10 * time.Second, jobs.Request{Generation: 1}, false},
		{"a new generation is urgent", job(withState("started"), withGeneration(2)), 10 * time.Second, jobs.Request{Generation: 2}, true},
		{"a request is urgent", job(withState("started"), withRequestedAt("now")), 10 * time.Second, jobs.Request{Generation: 1, RequestedAt: "now"}, true},
		{"a request that was met is not", job(withRequestedAt("now"), withState("started")), 10 * time.Second, jobs.Request{Generation: 1, RequestedAt: "now"}, false},
		{"a request is urgent even after the end", job(withState("failed"), withRequestedAt("now")), 10 * time.Second, jobs.Request{Generation: 1, RequestedAt: "now"}, true},
		{"spec.requestTimeout is the time limit of a call", job(withState("started"), fiveMinutes), 5 * time.Minute, jobs.Request{Generation: 1}, false},
		{"suspend: false polls as ever", job(withState("started"), withSuspend(false)), 10 * time.Second, jobs.Request{Generation: 1}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.object, secret())
			w.reconcile(t)
			w.expectNoWrites(t)
			if len(w.source.subscriptions) != 1 {
				t.Fatalf("The source was called %d times, want once", len(w.source.subscriptions))
			}
			got := w.source.subscriptions[0]
			if got.Key != testKey || got.UID != string(test.object.UID) || got.JobID != testJobID ||
				got.Credentials.APIKey != testAPIKey {
				t.Errorf("The subscription is %+v, want that of the object and its Secret", got)
			}
			if got.Timeout != test.timeout || got.Request != test.request || got.Urgent != test.urgent {
				t.Errorf("The subscription has timeout %v, request %+v, urgent %t; want %v, %+v, %t",
					got.Timeout, got.Request, got.Urgent, test.timeout, test.request, test.urgent)
			}
		})
	}
}

func TestAnAnswerIsWrittenOnce(t *testing.T) {
	object := job()
	w := newWorld(t, object, secret())
	w.answers(object, seenIn("started"))
	resourceVersion := w.stored(t).ResourceVersion

	for range 3 {
		w.reconcile(t)
	}
	stored := w.stored(t)
	if stored.Status.State != "started" || stored.Status.ObservedGeneration != 1 {
		t.Errorf("Status is %+v", stored.Status)
	}
	if len(w.patches) != 1 || len(w.others)+len(w.deleted) != 0 {
		t.Fatalf("There were writes %q and %q, want one of status", w.patches, w.others)
	}
	if len(w.recorder.events) != 0 {
		t.Errorf("There were events %q, and the job was only first seen", w.recorder.events)
	}

	var patch map[string]map[string]any
	if err := json.Unmarshal([]byte(w.patches[0]), &patch); err != nil {
		t.Fatalf("Reading the patch: %v", err)
	}
	if got := slices.Sorted(maps.Keys(patch)); !slices.Equal(got, []string{"metadata", "status"}) {
		t.Errorf("The patch touches %q", got)
	}
	if got := patch["metadata"]; len(got) != 1 || got["resourceVersion"] != resourceVersion {
		t.Errorf("The patch has metadata %v, want the resource version %s that it was computed from", got, resourceVersion)
	}
}

func TestAnUnchangedResultIsNotWritten(t *testing.T) {
	for _, test := range []struct {
		name        string
		object      *v1alpha1.VectaraJob
		observation jobs.Observation
	}{
		{"a job that is still running", job(withState("started", createdAtNoon)), withJobCreatedAtNoon(seenIn("started"))},
		{"an outage that goes on", job(withFault(apiFault(jobs.Unavailable))), failedBy(jobs.Unavailable, withFailures(7))},
		{"an outage that goes on in other words", job(withState("started"), withFault(apiFault(jobs.Unavailable))), failedBy(jobs.Unavailable, func(o *jobs.Observation) { o.Fault.Words, o.Fault.RequestID = nil, "req-9" })},
		{"a refusal that goes on", job(withFault(apiFault(jobs.PermissionDenied))), failedBy(jobs.PermissionDenied, func(o *jobs.Observation) { o.Fault.RequestID = "req-9" })},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.object, secret())
			w.answers(test.object, test.observation)
			for range 3 {
				w.now = w.now.Add(1234 * time.Millisecond)
				w.reconcile(t)
			}
			w.expectNoWrites(t)
		})
	}

	t.Run("a Secret that is still missing", func(t *testing.T) {
		w := newWorld(t, job(withNoCredentials(credentialsNotFound(testNamespace, testSecret))))
		w.reconcile(t)
		w.expectNoWrites(t)
		w.expectNothingAsked(t)
	})
}

func TestWithoutCredentialsNothingIsAsked(t *testing.T) {
	w := newWorld(t, job(withState("started")))
	w.answers(job(), seenIn("completed"))
	w.reconcile(t)
	w.expectNothingAsked(t)
	expectConditions(t, w.stored(t).Status,
		conditionsWanted("False CredentialsNotFound", "False CredentialsNotFound", "Stalled True CredentialsNotFound"))
	if !slices.Contains(w.source.unwatched, testKey) {
		t.Error("The source still polls the job with credentials that are no longer there")
	}
}

func TestTheScheduleFollowsWhatWasWritten(t *testing.T) {
	object := job(withState("queued"))
	w := newWorld(t, object, secret())
	w.answers(object, seenIn("started"))
	w.reconcile(t)

	if len(w.source.subscriptions) != 2 {
		t.Fatalf("The source was called %d times, want once before the write and once after", len(w.source.subscriptions))
	}
	last := w.source.subscriptions[1].Schedule
	if want := newSchedule(w.stored(t), testBounds).Next(seenIn("started")); !last.Next(seenIn("started")).Equal(want) {
		t.Errorf("The next poll is at %v, want %v", last.Next(seenIn("started")), want)
	}
}

func TestRefusedWrites(t *testing.T) {
	for _, test := range []struct {
		name    string
		err     error
		want    ctrl.Result
		wantErr bool
	}{
		{"a conflict is tried again when the cache has learnt of the change", errConflict, ctrl.Result{RequeueAfter: conflictPause}, false},
		{"an object that is not found is looked at again, as it need not be gone", errGone, ctrl.Result{RequeueAfter: notFoundPause}, false},
		{"any other error is returned", errUnavailable, ctrl.Result{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := job()
			w := newWorld(t, object, secret())
			w.answers(object, seenIn("started"))
			w.patchError = test.err
			result, err := w.Reconcile(w.context(t), testRequest)
			if result != test.want || (err != nil) != test.wantErr || err != nil && !errors.Is(err, test.err) {
				t.Errorf("Reconcile gives %+v and %v", result, err)
			}
			if len(w.recorder.events)+len(w.lines) > 0 {
				t.Errorf("A write that was refused was recorded: %q, %q", w.recorder.events, w.lines)
			}
		})
	}
}

func TestTheEndOfTheProcessIsNoError(t *testing.T) {
	object := job()
	w := newWorld(t, object, secret())
	w.answers(object, seenIn("started"))
	w.patchError = context.Canceled
	ctx, cancel := context.WithCancel(w.context(t))
	cancel()
	if result, err := w.Reconcile(ctx, testRequest); err != nil || result != (ctrl.Result{}) {
		t.Errorf("Reconcile gives %+v and %v, want nothing", result, err)
	}
}

func TestAYoungObjectWhoseJobIsMissingIsReconciledWhenItsMinuteIsOver(t *testing.T) {
	object := job(withAge(20 * time.Second))
	w := newWorld(t, object, secret())
	w.answers(object, failedBy(jobs.NotFound))
	// The object was made at a whole second, and its minute is over at one.
	want := object.CreationTimestamp.Add(time.Minute).Sub(noon)
	if result := w.reconcile(t); result.RequeueAfter != want {
		t.Fatalf("The object is reconciled again after %v, want %v", result.RequeueAfter, want)
	}
	expectConditions(t, w.stored(t).Status, conditionsWanted("False JobNotFound", "False JobNotFound", "Reconciling True JobNotFound"))

	w.now = noon.Add(want)
	if result := w.reconcile(t); result != (ctrl.Result{}) {
		t.Errorf("The result is %+v, want none", result)
	}
	expectConditions(t, w.stored(t).Status, conditionsWanted("False JobNotFound", "False JobNotFound", "Stalled True JobNotFound"))
}
