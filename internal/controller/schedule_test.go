// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

var testBounds = PollBounds{Min: 2 * time.Second, Max: time.Minute}

// seenIn is an observation of the job in a state, at noon.
func seenIn(state v1alpha1.JobState) jobs.Observation {
	return jobs.Observation{
		Asked: noon.Add(-80 * time.Millisecond), Answered: noon, Job: &vectara.Job{ID: testJobID, State: string(state)},
	}
}

// failedBy is an observation of a fault, the first in a row, at noon.
func failedBy(kind jobs.FaultKind, changes ...func(*jobs.Observation)) jobs.Observation {
	f := apiFault(kind)
	o := jobs.Observation{Asked: noon.Add(-80 * time.Millisecond), Answered: noon, Fault: &f, Failures: 1}
	for _, change := range changes {
		change(&o)
	}
	return o
}

func withFailures(failures int) func(*jobs.Observation) {
	return func(o *jobs.Observation) { o.Failures = failures }
}

func withRetryAfter(pause time.Duration) func(*jobs.Observation) {
	return func(o *jobs.Observation) { o.Fault.RetryAfter = pause }
}

// pauses are what a schedule makes of the same observation at a thousand moments: the jitter differs.
func pauses(s schedule, o jobs.Observation) (shortest, longest time.Duration) {
	shortest = 1 << 62
	for i := range 1000 {
		moved := o
		moved.Asked = o.Asked.Add(time.Duration(i) * time.Millisecond)
		pause := s.Next(moved).Sub(o.Answered)
		shortest, longest = min(shortest, pause), max(longest, pause)
	}
	return shortest, longest
}

// expectSpread wants pauses to fill the room between two bounds and not to leave it.
func expectSpread(t *testing.T, s schedule, o jobs.Observation, least, most time.Duration) {
	t.Helper()
	shortest, longest := pauses(s, o)
	tenth := (most - least) / 10
	if shortest < least || shortest > least+tenth || longest > most || longest < most-tenth {
		t.Errorf("Pauses are from %v to %v, want them to fill %v to %v", shortest, longest, least, most)
	}
}

// share is a part of a duration, in percent.
func share(d time.Duration, percent int64) time.Duration { return d * time.Duration(percent) / 100 }

func expectTenthAround(t *testing.T, s schedule, o jobs.Observation, want time.Duration) {
	t.Helper()
	expectSpread(t, s, o, share(want, 90), share(want, 110))
}

func TestNextPollComesAfterATenthOfTheTimeInTheState(t *testing.T) {
	whole := noon.Truncate(time.Second) // When a state was seen first is kept to the second.
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		state  v1alpha1.JobState
		want   time.Duration
	}{
		{"a job that was never seen is polled after the shortest interval", job(), "started", 2 * time.Second},
		{"a state of 5 s is below the shortest interval", job(withStateSince("started", whole.Add(-5*time.Second))), "started", 2 * time.Second},
		{"a state of 100 s gives 10 s", job(withStateSince("started", whole.Add(-100*time.Second))), "started", 10 * time.Second},
		{"a state of 5 min gives 30 s", job(withStateSince("failed_will_retry", whole.Add(-5*time.Minute))), "failed_will_retry", 30 * time.Second},
		{"a state of a day is above the longest interval", job(withStateSince("queued", whole.Add(-24*time.Hour))), "queued", time.Minute},
		{"an unknown state counts like any other", job(withStateSince("paused", whole.Add(-100*time.Second))), "paused", 10 * time.Second},
		{"an absent state counts like any other", job(withStateSince("", whole.Add(-100*time.Second))), "", 10 * time.Second},
		{"another state than the last one is new", job(withStateSince("queued", whole.Add(-time.Hour))), "started", 2 * time.Second},
		{"a state that begins in the future is new", job(withStateSince("started", whole.Add(time.Hour))), "started", 2 * time.Second},
		{"spec.pollInterval holds whatever the age", job(withStateSince("started", whole.Add(-time.Hour)), withPollInterval(5*time.Second)), "started", 5 * time.Second},
		{"spec.pollInterval may be below the shortest adaptive interval", job(withPollInterval(time.Second)), "started", time.Second},
		{"spec.pollInterval may be above the longest adaptive interval", job(withPollInterval(24 * time.Hour)), "queued", 24 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := seenIn(test.state)
			o.Asked, o.Answered = whole, whole
			expectTenthAround(t, newSchedule(test.object, testBounds), o, test.want)
		})
	}
}

func TestNextPollAfterAFault(t *testing.T) {
	const second = time.Second
	old, young := job(), job(withAge(30*second))
	for _, test := range []struct {
		name        string
		object      *v1alpha1.VectaraJob
		o           jobs.Observation
		least, most time.Duration
	}{
		{"a rejected request is repeated every 10 min", old, failedBy(jobs.RequestRejected), 540 * second, 660 * second},
		{"so it is for a new object", young, failedBy(jobs.RequestRejected), 540 * second, 660 * second},
		{"a refused job is rechecked every 5 min", old, failedBy(jobs.PermissionDenied), 270 * second, 330 * second},
		{"so it is after a hundred refusals", old, failedBy(jobs.PermissionDenied, withFailures(100)), 270 * second, 330 * second},
		{"refused credentials are rechecked every 5 min", old, failedBy(jobs.Unauthorized), 270 * second, 330 * second},
		{"a job that is not there is rechecked every 10 min", old, failedBy(jobs.NotFound), 540 * second, 660 * second},
		{"a job that is gone after it was seen is rechecked every 10 min, however young the object", job(withAge(30*second), withState("started")), failedBy(jobs.NotFound), 540 * second, 660 * second},
		{"a job that a new object is early for is polled soon", young, failedBy(jobs.NotFound), 1500 * time.Millisecond, 2 * second},
		{"and a bit later the next time", young, failedBy(jobs.NotFound, withFailures(2)), 3 * second, 4 * second},
		{"a first outage is retried after 2 s at most", old, failedBy(jobs.Unavailable), 1500 * time.Millisecond, 2 * second},
		{"a third after 8 s at most", old, failedBy(jobs.Unavailable, withFailures(3)), 6 * second, 8 * second},
		{"a long one every minute at most", old, failedBy(jobs.Unavailable, withFailures(1000)), 45 * second, 60 * second},
		{"an invalid response is retried like in an outage", old, failedBy(jobs.InvalidResponse, withFailures(2)), 3 * second, 4 * second},
		{"a fault of a new kind is taken for an outage", old, failedBy("Surprise", withFailures(2)), 3 * second, 4 * second},
		{"a job that was seen is retried like any other", job(withState("started")), failedBy(jobs.Unavailable), 1500 * time.Millisecond, 2 * second},
		{"spec.pollInterval does not put off a retry", job(withPollInterval(time.Hour)), failedBy(jobs.Unavailable), 1500 * time.Millisecond, 2 * second},
	} {
		t.Run(test.name, func(t *testing.T) {
			expectSpread(t, newSchedule(test.object, testBounds), test.o, test.least, test.most)
		})
	}
}

func TestRetryAfterOfAnOutage(t *testing.T) {
	for _, test := range []struct {
		name        string
		o           jobs.Observation
		least, most time.Duration
	}{
		{"is the least to wait", failedBy(jobs.Unavailable, withRetryAfter(20*time.Second)), 20 * time.Second, 20 * time.Second},
		{"does not shorten the backoff", failedBy(jobs.Unavailable, withFailures(5), withRetryAfter(time.Second)), 24 * time.Second, 32 * time.Second},
		{"counts up to a minute", failedBy(jobs.Unavailable, withRetryAfter(time.Hour)), time.Minute, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			shortest, longest := pauses(newSchedule(job(), testBounds), test.o)
			if shortest < test.least || longest > test.most {
				t.Errorf("Pauses are from %v to %v, want %v to %v", shortest, longest, test.least, test.most)
			}
		})
	}
}

func TestNoPollIsPlannedAfterTheEnd(t *testing.T) {
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		o      jobs.Observation
	}{
		{"a job that completed", job(withState("started")), seenIn("completed")},
		{"a job that failed", job(withState("started")), seenIn("failed")},
		{"a job that was aborted", job(), seenIn("aborted")},
		{"a job that completed, with a fixed interval", job(withPollInterval(time.Second)), seenIn("completed")},
		{"a finished job whose recheck was refused", job(withState("completed")), failedBy(jobs.PermissionDenied)},
		{"a finished job whose recheck found it gone", job(withState("failed")), failedBy(jobs.NotFound)},
		{"a finished job whose recheck met an outage", job(withState("aborted")), failedBy(jobs.Unavailable)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if next := newSchedule(test.object, testBounds).Next(test.o); !next.IsZero() {
				t.Errorf("The next poll is %v after the response, want none", next.Sub(noon))
			}
		})
	}
	t.Run("but a finished job that runs again is followed", func(t *testing.T) {
		if next := newSchedule(job(withState("failed")), testBounds).Next(seenIn("started")); next.IsZero() {
			t.Error("There is no next poll")
		}
	})
}

func TestScheduleDependsOnTheObjectAlone(t *testing.T) {
	observations := []jobs.Observation{seenIn("started"), failedBy(jobs.Unavailable), failedBy(jobs.NotFound), failedBy(jobs.PermissionDenied)}
	edited := job(withState("started"))
	edited.Labels = map[string]string{"team": "search"}
	edited.ResourceVersion = "4711"
	one, other := newSchedule(job(withState("started")), testBounds), newSchedule(edited, testBounds)
	for _, o := range observations {
		if a, b := one.Next(o), other.Next(o); !a.Equal(b) {
			t.Errorf("After a label edit the next poll moved from %v to %v", a, b)
		}
	}
	if a, b := one.First(noon), other.First(noon); !a.Equal(b) {
		t.Errorf("After a label edit the first poll moved from %v to %v", a, b)
	}
}

func TestObjectsDoNotMarchInStep(t *testing.T) {
	times := map[time.Time]bool{}
	for i := range 100 {
		s := newSchedule(job(withUID(numbered(i)), withState("started")), testBounds)
		times[s.Next(seenIn("started"))] = true
	}
	if len(times) < 100 {
		t.Errorf("A hundred jobs that were polled at once are next polled at, at %d different times", len(times))
	}
}

func numbered(i int) types.UID { return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i)) }

func TestSinceWhenAJobIsInItsState(t *testing.T) {
	seen := noon.Add(-10 * time.Minute).Truncate(time.Second)
	earlier, later := seen.Add(-time.Hour), noon.Add(time.Hour)
	created := func(at time.Time) func(*vectara.Job) { return func(j *vectara.Job) { j.CreatedAt = at } }
	started := func(at time.Time) func(*vectara.Job) { return func(j *vectara.Job) { j.StartedAt = at } }
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		state  v1alpha1.JobState
		says   func(*vectara.Job)
		change time.Time // when the source saw the job enter the state
		want   time.Time
	}{
		{"first seen running, since Vectara started it", job(), "started", started(earlier), time.Time{}, earlier},
		{"first seen running, if Vectara does not say since when", job(), "started", created(earlier), time.Time{}, noon},
		{"first seen running, if Vectara's clock is ahead", job(), "started", started(later), time.Time{}, noon},
		{"first seen queued, since Vectara created it", job(), "queued", created(earlier), time.Time{}, earlier},
		{"first seen in a state that Vectara does not date", job(), "failed_will_retry", started(earlier), time.Time{}, noon},
		{"still running, since Vectara started it", job(withState("started")), "started", started(earlier), time.Time{}, earlier},
		{"still running, since it was first seen, if Vectara does not say", job(withState("started")), "started", created(earlier), time.Time{}, seen},
		{"still to be retried, since it was first seen", job(withState("failed_will_retry")), "failed_will_retry", started(earlier), time.Time{}, seen},
		{"in an unknown state since it was first seen", job(withState("paused")), "paused", started(earlier), time.Time{}, seen},
		{"running again since the source saw that", job(withState("failed_will_retry")), "started", started(earlier), noon.Add(-time.Minute), noon.Add(-time.Minute)},
		{"still running since the source saw that", job(withState("started")), "started", started(earlier), noon.Add(-time.Minute), noon.Add(-time.Minute)},
		{"in another state than before, if nobody says since when", job(withState("started")), "failed_will_retry", started(earlier), time.Time{}, noon},
		{"in another state than before the operator was away, since Vectara started it", job(withState("queued")), "started", started(earlier), time.Time{}, earlier},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := seenIn(test.state)
			test.says(o.Job)
			o.StateSince = test.change
			if got := newSchedule(test.object, testBounds).sinceOf(o); !got.Equal(test.want) {
				t.Errorf("Since %v, want %v", got, test.want)
			}
		})
	}
}

// TestJobsThatWaitedForTheOperatorAreNotTakenForNew: the objects were created hours ago, and the operator comes only now.
func TestJobsThatWaitedForTheOperatorAreNotTakenForNew(t *testing.T) {
	for _, state := range []v1alpha1.JobState{"queued", "started"} {
		object := job(withAge(3 * time.Hour))
		found := answer(state, func(j *vectara.Job) { j.CreatedAt, j.StartedAt = noon.Add(-4*time.Hour), noon.Add(-4*time.Hour) })
		first := decide(scopeOf(object, found, noon))
		// The schedule before status was written, the one after, and the one of a process that starts later.
		object.Status = first.status
		for _, s := range []schedule{newSchedule(job(withAge(3*time.Hour)), testBounds), first.subscription.Schedule.(schedule), newSchedule(object, testBounds)} {
			expectTenthAround(t, s, *found.observation, time.Minute)
		}
	}
}
