// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

var testBounds = PollBounds{Min: 2 * time.Second, Max: time.Minute}

// seenIn is an observation of the job in a state, answered at noon.
func seenIn(state v1alpha1.JobState) jobs.Observation {
	return jobs.Observation{
		Asked: noon.Add(-80 * time.Millisecond), Answered: noon, Job: &vectara.Job{ID: testJobID, State: string(state)},
	}
}

// failedBy is an observation of a fault, the first in a row, answered at noon.
func failedBy(kind jobs.FaultKind, changes ...func(*jobs.Observation)) jobs.Observation {
	f := fault(kind)
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

// foundAt makes an object that came upon its job in the state that it is in.
func foundAt(seen time.Time) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) {
		object.CreationTimestamp = metav1.NewTime(seen.Add(-2 * time.Second))
	}
}

func TestNextLookComesAfterATenthOfTheTimeInTheState(t *testing.T) {
	whole := noon.Truncate(time.Second) // When a state was seen first is kept to the second.
	sinceStart := func(age time.Duration) func(*vectara.Job) {
		return func(j *vectara.Job) { j.StartedAt = whole.Add(-age) }
	}
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		state  v1alpha1.JobState
		want   time.Duration
	}{
		{"a job that was never seen is looked at after the shortest interval", job(), "started", 2 * time.Second},
		{"a state of 5 s is below the shortest interval", job(withStateSince("started", whole.Add(-5*time.Second))), "started", 2 * time.Second},
		{"a state of 100 s gives 10 s", job(withStateSince("started", whole.Add(-100*time.Second))), "started", 10 * time.Second},
		{"a state of 5 min gives 30 s", job(withStateSince("failed_will_retry", whole.Add(-5*time.Minute))), "failed_will_retry", 30 * time.Second},
		{"a state of a day is above the longest interval", job(withStateSince("queued", whole.Add(-24*time.Hour))), "queued", time.Minute},
		{"an unknown state counts like any other", job(withStateSince("paused", whole.Add(-100*time.Second))), "paused", 10 * time.Second},
		{"an absent state counts like any other", job(withStateSince("", whole.Add(-100*time.Second))), "", 10 * time.Second},
		{"another state than the last one is new", job(withStateSince("queued", whole.Add(-time.Hour))), "started", 2 * time.Second},
		{"Vectara knows longer than the operator since when a job runs", job(foundAt(whole), withStateSince("started", whole, sinceStart(200*time.Second))), "started", 20 * time.Second},
		{"a state that begins in the future is new", job(withStateSince("started", whole.Add(time.Hour))), "started", 2 * time.Second},
		{"a start in the year 1 is long ago", job(foundAt(whole), withStateSince("started", whole, func(j *vectara.Job) {
			j.StartedAt = time.Date(1, time.January, 1, 0, 0, 1, 0, time.UTC)
		})), "started", time.Minute},
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

func TestNextLookAfterAFault(t *testing.T) {
	const second = time.Second
	old, young := job(), job(withAge(30*second))
	for _, test := range []struct {
		name        string
		object      *v1alpha1.VectaraJob
		o           jobs.Observation
		least, most time.Duration
	}{
		{"a refused job is rechecked every 5 min", old, failedBy(jobs.PermissionDenied), 270 * second, 330 * second},
		{"so it is after a hundred refusals", old, failedBy(jobs.PermissionDenied, withFailures(100)), 270 * second, 330 * second},
		{"refused credentials are rechecked every 5 min", old, failedBy(jobs.Unauthorized), 270 * second, 330 * second},
		{"a job that is not there is rechecked every 10 min", old, failedBy(jobs.NotFound), 540 * second, 660 * second},
		{"a job that is gone after it was seen is rechecked every 10 min, however young the object", job(withAge(30*second), withState("started")), failedBy(jobs.NotFound), 540 * second, 660 * second},
		{"a job that a new object is early for is looked at soon", young, failedBy(jobs.NotFound), 1500 * time.Millisecond, 2 * second},
		{"and a bit later the next time", young, failedBy(jobs.NotFound, withFailures(2)), 3 * second, 4 * second},
		{"a first outage is retried after 2 s at most", old, failedBy(jobs.Unavailable), 1500 * time.Millisecond, 2 * second},
		{"a third after 8 s at most", old, failedBy(jobs.Unavailable, withFailures(3)), 6 * second, 8 * second},
		{"a long one every minute at most", old, failedBy(jobs.Unavailable, withFailures(1000)), 45 * second, 60 * second},
		{"what cannot be believed is asked again like in an outage", old, failedBy(jobs.InvalidResponse, withFailures(2)), 3 * second, 4 * second},
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

func TestNoLookIsPlannedAfterTheEnd(t *testing.T) {
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
				t.Errorf("The next look is %v after the answer, want none", next.Sub(noon))
			}
		})
	}
	t.Run("but a finished job that runs again is followed", func(t *testing.T) {
		if next := newSchedule(job(withState("failed")), testBounds).Next(seenIn("started")); next.IsZero() {
			t.Error("There is no next look")
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
			t.Errorf("After a label edit the next look moved from %v to %v", a, b)
		}
	}
	if a, b := one.First(noon), other.First(noon); !a.Equal(b) {
		t.Errorf("After a label edit the first look moved from %v to %v", a, b)
	}
}

func TestObjectsDoNotMarchInStep(t *testing.T) {
	times := map[time.Time]bool{}
	for i := range 100 {
		s := newSchedule(job(withUID(numbered(i)), withState("started")), testBounds)
		times[s.Next(seenIn("started"))] = true
	}
	if len(times) < 100 {
		t.Errorf("A hundred jobs that were answered at once are next looked at, at %d different times", len(times))
	}
}

func numbered(i int) types.UID { return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i)) }

func TestFirstLookComesAtOnceWhenNothingWasHeard(t *testing.T) {
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		atOnce bool
	}{
		{"a new object", job(), true},
		{"an object whose Secret was missing", job(withTrouble(credentialsNotFound(testNamespace, testSecret))), true},
		{"an object whose Secret was malformed", job(withTrouble(credentialsInvalid(testSecret, errTest))), true},
		{"a job seen running whose Secret went missing", job(withState("started"), withTrouble(credentialsNotFound(testNamespace, testSecret))), true},
		{"a job seen running", job(withState("started")), false},
		{"a job that was refused", job(withFault(fault(jobs.PermissionDenied))), false},
		{"a job in an outage", job(withState("started"), withFault(fault(jobs.Unavailable))), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := newSchedule(test.object, testBounds).First(noon)
			if first.Equal(noon) != test.atOnce || first.Before(noon) {
				t.Errorf("The first look is after %v, want at once: %t", first.Sub(noon), test.atOnce)
			}
		})
	}
}

func TestFirstLooksSpreadEvenlyOverTheWindow(t *testing.T) {
	const objects, buckets = 10_000, 60
	for _, test := range []struct {
		name   string
		object jobOption
		window time.Duration
	}{
		{"jobs that have run for long, over the longest interval", withStateSince("started", noon.Add(-24*time.Hour)), time.Minute},
		{"jobs with a short interval of their own, over that", both(withState("started"), withPollInterval(10*time.Second)), 10 * time.Second},
		{"jobs with a long interval of their own, over the longest adaptive one", both(withState("started"), withPollInterval(time.Hour)), time.Minute},
		{"young jobs, over the shortest interval", withStateSince("started", noon.Add(-time.Second)), 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			var counts [buckets]int
			object := job(test.object)
			for i := range objects {
				object.UID = numbered(i)
				wait := newSchedule(object, testBounds).First(noon).Sub(noon)
				if wait <= 0 || wait > test.window {
					t.Fatalf("A first look is after %v, want within %v", wait, test.window)
				}
				counts[min(int(buckets*wait/test.window), buckets-1)]++
			}
			for i, count := range counts {
				// The mean is 167 and the standard deviation 13. The UIDs are fixed, so this passes or fails for good.
				if count < 100 || count > 240 {
					t.Errorf("%d first looks are in part %d of %d, want about %d", count, i+1, buckets, objects/buckets)
				}
			}
		})
	}
}

func both(a, b jobOption) jobOption {
	return func(object *v1alpha1.VectaraJob) { a(object); b(object) }
}

func TestFirstLookStaysWhereItIsHoweverOftenTheOperatorRestarts(t *testing.T) {
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		window time.Duration
	}{
		{"a job that has run for long", job(withStateSince("started", noon.Add(-24*time.Hour))), time.Minute},
		{"a job with an interval of its own", job(withState("started"), withPollInterval(10*time.Second)), 10 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSchedule(test.object, testBounds)
			first := s.First(noon)
			for restart := noon; restart.Before(first); restart = restart.Add(777 * time.Millisecond) {
				if got := s.First(restart); !got.Equal(first) {
					t.Fatalf("A restart %v later moved the first look by %v", restart.Sub(noon), got.Sub(first))
				}
			}
			if got, want := s.First(first), first.Add(test.window); !got.Equal(want) {
				t.Errorf("After its time has come the next place is %v, want %v", got, want)
			}
			if got, want := s.First(first.Add(100*test.window-1)), first.Add(100*test.window); !got.Equal(want) {
				t.Errorf("A hundred windows on the place is %v, want %v", got, want)
			}
		})
	}
}

func TestSinceWhenAJobIsInItsState(t *testing.T) {
	seen := noon.Add(-10 * time.Minute).Truncate(time.Second)
	earlier, later := seen.Add(-time.Hour), seen.Add(time.Hour)
	created := func(at time.Time) func(*vectara.Job) { return func(j *vectara.Job) { j.CreatedAt = at } }
	started := func(at time.Time) func(*vectara.Job) { return func(j *vectara.Job) { j.StartedAt = at } }
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		want   time.Time
	}{
		{"never seen, never in a state", job(), time.Time{}},
		{"running since Vectara started it", job(foundAt(seen), withState("started", started(earlier))), earlier},
		{"running again since that was seen", job(withState("started", started(earlier))), seen},
		{"running since it was seen, if Vectara does not say", job(foundAt(seen), withState("started", created(earlier))), seen},
		{"running since it was seen, if Vectara's clock is ahead", job(foundAt(seen), withState("started", started(later))), seen},
		{"queued since Vectara made it", job(foundAt(seen), withState("queued", created(earlier))), earlier},
		{"queued since it was seen, if Vectara does not say", job(foundAt(seen), withState("queued", created(time.Time{}))), seen},
		{"queued since it was seen, if Vectara's clock is ahead", job(foundAt(seen), withState("queued", created(later))), seen},
		{"to be tried again since that was seen", job(foundAt(seen), withState("failed_will_retry", created(earlier), started(earlier))), seen},
		{"in an unknown state since that was seen", job(foundAt(seen), withState("paused", created(earlier), started(earlier))), seen},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := stateSince(test.object); !got.Equal(test.want) {
				t.Errorf("Since %v, want %v", got, test.want)
			}
		})
	}
}

func TestIntervalOfAJobThatIsComeUponIsByWhatVectaraSays(t *testing.T) {
	for _, test := range []struct {
		name string
		job  func(*vectara.Job)
		want time.Duration
	}{
		{"a job that runs for long is not looked at often", func(j *vectara.Job) { j.StartedAt = noon.Add(-300 * time.Second) }, 30 * time.Second},
		{"a job that Vectara dates to the future is new", func(j *vectara.Job) { j.StartedAt = noon.Add(time.Hour) }, 2 * time.Second},
		{"a job that Vectara does not date is new", func(j *vectara.Job) { j.StartedAt = time.Time{} }, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := seenIn("started")
			o.Asked, o.Answered = noon, noon
			test.job(o.Job)
			expectTenthAround(t, newSchedule(job(), testBounds), o, test.want)
		})
	}
}
