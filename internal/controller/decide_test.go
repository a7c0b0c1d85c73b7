// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// What happens to the subscription of an object. A duration is that until the next poll, give or take a tenth.
const (
	unwatched = "unwatched"
	watched   = "watched" // The next poll is not for the schedule to say: it is overdue or was never made.
)

// backoffs is the next poll after a first fault that waiting may help.
const backoffs = "2s"

// startedAgo has Vectara say how long ago, from noon, it created and started the job.
func startedAgo(d time.Duration) func(*vectara.Job) {
	return func(j *vectara.Job) { j.CreatedAt, j.StartedAt = noon.Add(-d), noon.Add(-d) }
}

// TestEveryRowOfTheTableOfConditions is the table of conditions of the design, with what follows from each row.
func TestEveryRowOfTheTableOfConditions(t *testing.T) {
	young := withAge(20 * time.Second)
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		found  gathered
		// synced, ready and progress are status and reason of the conditions.
		synced, ready, progress string
		next                    string
		// deleted says that the object is deleted, and requeue after what time it is reconciled for no other reason than time.
		deleted bool
		requeue time.Duration
	}{
		// What Vectara returned.
		{"queued", job(), answer("queued", startedAgo(100*time.Second)), "True Synced", "False JobQueued", "Reconciling True JobQueued", "10s", false, 0},
		{"started", job(), answer("started", startedAgo(time.Hour)), "True Synced", "False JobStarted", "Reconciling True JobStarted", "1m0s", false, 0},
		{"started a moment ago", job(), answer("started", startedAgo(2*time.Second)), "True Synced", "False JobStarted", "Reconciling True JobStarted", "2s", false, 0},
		{"failed_will_retry", job(), answer("failed_will_retry"), "True Synced", "False JobRetrying", "Reconciling True JobRetrying", "2s", false, 0},
		{"unknown", job(), answer("unknown"), "True Synced", "False JobStateUnknown", "Reconciling True JobStateUnknown", "2s", false, 0},
		{"an absent state", job(), answer(""), "True Synced", "False JobStateUnknown", "Reconciling True JobStateUnknown", "2s", false, 0},
		{"a state that is new", job(), answer("paused_by_admin"), "True Synced", "False JobStateUnknown", "Reconciling True JobStateUnknown", "2s", false, 0},
		{"completed", job(), answer("completed"), "True Synced", "True JobCompleted", "", unwatched, false, 0},
		{"failed", job(), answer("failed"), "True Synced", "False JobFailed", "Stalled True JobFailed", unwatched, false, 0},
		{"aborted", job(), answer("aborted"), "True Synced", "False JobAborted", "Stalled True JobAborted", unwatched, false, 0},
		{"completed, to be kept for an hour", job(withTTL(3600)), answer("completed"), "True Synced", "True JobCompleted", "", unwatched, false, time.Hour - 1123456789*time.Nanosecond},
		{"completed, not to be kept", job(withTTL(0)), answer("completed"), "True Synced", "True JobCompleted", "", unwatched, true, 0},
		{"failed, not to be kept", job(withTTL(0)), answer("failed"), "True Synced", "False JobFailed", "Stalled True JobFailed", unwatched, true, 0},
		{"started, not to be kept after the end", job(withTTL(0)), answer("started"), "True Synced", "False JobStarted", "Reconciling True JobStarted", "2s", false, 0},

		// What needs a person.
		{"403", job(), failure(apiFault(jobs.PermissionDenied)), "False PermissionDenied", "False PermissionDenied", "Stalled True PermissionDenied", "5m0s", false, 0},
		{"403 of a job that was seen", job(withState("started")), failure(apiFault(jobs.PermissionDenied)), "False PermissionDenied", "False PermissionDenied", "Stalled True PermissionDenied", "5m0s", false, 0},
		{"404", job(), failure(apiFault(jobs.NotFound)), "False JobNotFound", "False JobNotFound", "Stalled True JobNotFound", "10m0s", false, 0},
		{"404 in the first minute", job(young), failure(apiFault(jobs.NotFound)), "False JobNotFound", "False JobNotFound", "Reconciling True JobNotFound", backoffs, false, 40*time.Second - 123456789*time.Nanosecond},
		{"404 in the first minute of an object whose job was seen", job(young, withState("started")), failure(apiFault(jobs.NotFound)), "False JobNotFound", "False JobNotFound", "Stalled True JobNotFound", "10m0s", false, 0},
		{"401", job(), failure(apiFault(jobs.Unauthorized)), "False Unauthorized", "False Unauthorized", "Stalled True Unauthorized", "5m0s", false, 0},
		{"no Secret", job(), withoutPoll(credentialsNotFound(testNamespace, testSecret)), "False CredentialsNotFound", "False CredentialsNotFound", "Stalled True CredentialsNotFound", unwatched, false, 0},
		{"a malformed Secret", job(withState("started")), withoutPoll(credentialsInvalid(testSecret, errTest)), "False CredentialsInvalid", "False CredentialsInvalid", "Stalled True CredentialsInvalid", unwatched, false, 0},
		{"422", job(), failure(apiFault(jobs.RequestRejected)), "False RequestRejected", "False RequestRejected", "Stalled True RequestRejected", "10m0s", false, 0},
		{"422 of a job that was seen", job(withState("started")), failure(apiFault(jobs.RequestRejected)), "False RequestRejected", "False RequestRejected", "Stalled True RequestRejected", "10m0s", false, 0},

		// What waiting may help.
		{"429", job(), failure(apiFault(jobs.RateLimited)), "False RateLimited", "Unknown RateLimited", "Reconciling True RateLimited", backoffs, false, 0},
		{"429 of a job that was seen", job(withState("started")), failure(apiFault(jobs.RateLimited)), "False RateLimited", "False JobStarted", "Reconciling True RateLimited", backoffs, false, 0},
		{"503", job(), failure(apiFault(jobs.Unavailable)), "False APIUnavailable", "Unknown APIUnavailable", "Reconciling True APIUnavailable", backoffs, false, 0},
		{"503 of a job that was seen", job(withState("queued")), failure(apiFault(jobs.Unavailable)), "False APIUnavailable", "False JobQueued", "Reconciling True APIUnavailable", backoffs, false, 0},
		{"not JSON", job(), failure(apiFault(jobs.InvalidResponse)), "False InvalidResponse", "Unknown InvalidResponse", "Reconciling True InvalidResponse", backoffs, false, 0},
		{"not JSON for a job that was seen", job(withState("")), failure(apiFault(jobs.InvalidResponse)), "False InvalidResponse", "False JobStateUnknown", "Reconciling True InvalidResponse", backoffs, false, 0},

		// Polls that are overdue.
		{"a first poll that is overdue for a rate limit", job(), unpolled(apiFault(jobs.RateLimited)), "False RateLimited", "Unknown RateLimited", "Reconciling True RateLimited", watched, false, 0},
		{"a first poll that is overdue as the credentials are refused", job(), unpolled(apiFault(jobs.Unauthorized)), "False Unauthorized", "False Unauthorized", "Stalled True Unauthorized", watched, false, 0},
		{"a poll of a running job that is overdue for the operator's own request budget", job(withState("started")), answer("started").overdue(apiFault(jobs.RateLimited, ownBudget)), "False RateLimited", "False JobStarted", "Reconciling True RateLimited", watched, false, 0},
		{"a poll of a running job that is overdue as the credentials are refused", job(withState("started")), answer("started").overdue(apiFault(jobs.Unauthorized)), "False Unauthorized", "False Unauthorized", "Stalled True Unauthorized", watched, false, 0},
		{"a poll after another state that is overdue in an outage", job(withState("queued")), answer("started").overdue(apiFault(jobs.Unavailable)), "False APIUnavailable", "False JobStarted", "Reconciling True APIUnavailable", watched, false, 0},
		{"no poll is overdue after the end", job(withState("started")), answer("completed").overdue(apiFault(jobs.RateLimited)), "True Synced", "True JobCompleted", "", unwatched, false, 0},

		// Requested polls after the end.
		{"a recheck before it is made", job(withState("failed"), withRequestedAt("again")), gathered{}, "True Synced", "False JobFailed", "Stalled True JobFailed", watched, false, 0},
		{"a recheck with an older observation", job(withState("failed"), withRequestedAt("again")), requested(answer("started"), 1, ""), "True Synced", "False JobFailed", "Stalled True JobFailed", watched, false, 0},
		{"a recheck that is overdue", job(withState("failed"), withRequestedAt("again")), unpolled(apiFault(jobs.RateLimited)), "False RateLimited", "False JobFailed", "Stalled True JobFailed", watched, false, 0},
		{"a recheck that is overdue after an older observation", job(withState("failed"), withRequestedAt("again")), requested(answer("started"), 1, "").overdue(apiFault(jobs.RateLimited)), "False RateLimited", "False JobFailed", "Stalled True JobFailed", watched, false, 0},
		{"a recheck that fails", job(withState("failed"), withRequestedAt("again")), failure(apiFault(jobs.Unavailable)), "False APIUnavailable", "False JobFailed", "Stalled True JobFailed", unwatched, false, 0},
		{"a recheck that is refused", job(withState("completed"), withRequestedAt("again")), failure(apiFault(jobs.PermissionDenied)), "False PermissionDenied", "True JobCompleted", "", unwatched, false, 0},
		{"a recheck without credentials", job(withState("completed"), withRequestedAt("again")), withoutPoll(credentialsNotFound(testNamespace, testSecret)), "False CredentialsNotFound", "True JobCompleted", "", unwatched, false, 0},
		{"a recheck that finds the job running again", job(withState("failed"), withRequestedAt("again")), answer("started"), "True Synced", "False JobStarted", "Reconciling True JobStarted", "2s", false, 0},

		// Objects for which there is nothing to poll.
		{"a job that has ended", job(withState("completed")), answer("started"), "True Synced", "True JobCompleted", "", unwatched, false, 0},
		{"a job whose time after the end is over", job(withState("completed"), withTTL(600)), gathered{}, "True Synced", "True JobCompleted", "", unwatched, true, 0},
		{"a suspended object", job(withState("started"), withSuspend(true)), answer("completed"), "True Synced", "False JobStarted", "Reconciling True JobStarted", unwatched, false, 0},
		{"a suspended object whose time after the end is over", job(withState("completed"), withTTL(0), withSuspend(true)), gathered{}, "True Synced", "True JobCompleted", "", unwatched, false, 0},
		{"an object that is being deleted", job(withState("started"), beingDeleted), answer("completed"), "True Synced", "False JobStarted", "Reconciling True JobStarted", unwatched, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			unchanged := test.object.DeepCopy()
			d := decide(scopeOf(test.object, test.found, noon))
			expectConditions(t, d.status, conditionsWanted(test.synced, test.ready, test.progress))
			if d.delete != test.deleted || d.requeueAfter != test.requeue {
				t.Errorf("Deleted is %t and reconciled after %v, want %t and %v", d.delete, d.requeueAfter, test.deleted, test.requeue)
			}
			expectNext(t, d, test.found.observation, test.next)
			if !equality.Semantic.DeepEqual(test.object, unchanged) {
				t.Error("Deciding changed the object")
			}
		})
	}
}

// expectNext compares the subscription, and what its schedule makes of the observation.
func expectNext(t *testing.T, d decision, o *jobs.Observation, want string) {
	t.Helper()
	if d.subscription == nil || want == unwatched || want == watched {
		if got := map[bool]string{true: unwatched, false: watched}[d.subscription == nil]; got != want {
			t.Errorf("The job is %s, want %s", got, want)
		}
		return
	}
	wait, err := time.ParseDuration(want)
	if err != nil {
		t.Fatal(err)
	}
	least, most := share(wait, 90), share(wait, 110)
	if want == backoffs && o.Fault != nil {
		least = share(wait, 75)
	}
	if got := d.subscription.Schedule.Next(*o).Sub(o.Answered); got < least || got > most {
		t.Errorf("The next poll is after %v, want %s, give or take", got, want)
	}
}

func TestANewStateIsDatedByTheSourceIfItSawTheChange(t *testing.T) {
	for name, object := range map[string]*v1alpha1.VectaraJob{
		"a job that is first seen": job(), "a job that was in another state": job(withState("queued")),
	} {
		t.Run(name, func(t *testing.T) {
			since := noon.Add(-time.Minute)
			found := answer("started")
			found.observation.StateSince = since
			if got := statusAfter(object, found, noon).LastTransitionTime; !got.Equal(timestamp(since)) {
				t.Errorf("lastTransitionTime is %v, want %v", got, since)
			}
		})
	}
}

// TestAnOverduePollKeepsTheLastObservation is "what the last poll observed still stands".
func TestAnOverduePollKeepsTheLastObservation(t *testing.T) {
	object := job(withState("queued"))
	found := answer("started", func(j *vectara.Job) { j.Comment = "half" })
	object.Status = statusAfter(object, found.overdue(apiFault(jobs.RateLimited)), noon)
	if object.Status.State != "started" || object.Status.Comment != "half" {
		t.Errorf("Status is %+v, want what Vectara returned", object.Status)
	}
	again := statusAfter(object, found.overdue(apiFault(jobs.RateLimited, withRequestID("req-2"))), noon.Add(time.Minute))
	if !equality.Semantic.DeepEqual(again, object.Status) {
		t.Error("Status changes while the poll stays overdue")
	}
	after := statusAfter(object, found, noon.Add(2*time.Minute))
	expectConditions(t, after, conditionsWanted("True Synced", "False JobStarted", "Reconciling True JobStarted"))
}

// TestARecheckThatIsOverdueStaysPending: and a finished job never goes back.
func TestARecheckThatIsOverdueStaysPending(t *testing.T) {
	object := job(withState("failed"), withRequestedAt("again"))
	d := decide(scopeOf(object, requested(answer("started"), 1, "").overdue(apiFault(jobs.RateLimited)), noon))
	if d.status.State != "failed" || d.status.LastHandledReconcileAt != "" {
		t.Errorf("Status is %s", fmt.Sprintf("%+v", d.status))
	}
	if d.subscription == nil || !d.subscription.Urgent || d.subscription.Request.RequestedAt != "again" {
		t.Errorf("The subscription is %+v, want the request to stay urgent", d.subscription)
	}
}
