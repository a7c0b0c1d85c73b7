// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

func TestNewJobIsAskedAtOnceAndThenOnSchedule(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		if o := w.latest(watching("a")); o != nil {
			t.Fatalf("there is an observation before anything was asked: %+v", o)
		}
		w.after(time.Second)
		w.expectCalls("job_a", 1, "after a second")
		if o := w.latest(watching("a")); o == nil || o.Job == nil || o.Job.State != "started" || o.Request.Generation != 1 {
			t.Fatalf("the observation is %+v, want the job", o)
		}
		w.after(time.Minute)
		w.expectCalls("job_a", 7, "after a minute")
		if got := w.wakesOf("a"); got != 1 {
			t.Errorf("woken %d times for one piece of news", got)
		}
	})
}

func TestUnchangedAnswersWakeNobodyAndChangedOnesDo(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.source.Watch(watching("a"))
		w.after(time.Hour)
		if got := w.wakesOf("a"); got != 1 {
			t.Errorf("woken %d times in an hour without news, want 1", got)
		}
		w.vectara.respond(inState("failed_will_retry"))
		w.after(time.Minute)
		if got := w.wakesOf("a"); got != 2 {
			t.Errorf("woken %d times after one change, want 2", got)
		}
	})
}

func TestFinishedJobIsNotAskedAgain(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(inState("completed"))
		w.source.Watch(watching("a"))
		w.after(24 * time.Hour)
		w.expectCalls("job_a", 1, "a day after the end")
	})
}

func TestObservingAgainChangesNothing(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		for range 600 {
			w.source.Watch(watching("a"))
			w.after(100 * time.Millisecond)
		}
		w.expectCalls("job_a", 6, "after a minute of label edits")
	})
}

func TestActiveJobKnownFromBeforeWaitsForItsTurn(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		for range 95 {
			w.source.Watch(watching("a", settled))
			w.after(100 * time.Millisecond)
		}
		w.expectCalls("job_a", 0, "before its turn")
		w.after(time.Second)
		w.expectCalls("job_a", 1, "after its turn")
	})
}

func TestWatchersOfOneJobShareItsCalls(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Second
		w.source.Watch(watching("a"))
		w.after(500 * time.Millisecond)
		sameJob := func(watch *Subscription) { watch.JobID = "job_a" }
		w.source.Watch(watching("b", sameJob)) // The call is under way.
		w.after(time.Second)
		w.expectCalls("job_a", 1, "two watchers, one call under way")
		if w.latest(watching("b", sameJob)) == nil || w.wakesOf("b") != 1 {
			t.Error("the one who joined did not get the answer")
		}
		w.after(time.Minute)
		if got := w.vectara.count("job_a"); got > 7 {
			t.Errorf("%d calls in a minute for two watchers of one job, want as for one", got)
		}
	})
}

func TestCredentialsAreNotMixedUp(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		other := func(watch *Subscription) { watch.JobID, watch.Credentials = "job_a", credentials("other", "other-key") }
		w.source.Watch(watching("a"))
		w.source.Watch(watching("b", other))
		w.after(time.Second)
		var keys []string
		for _, c := range w.vectara.asked() {
			keys = append(keys, c.key)
		}
		slices.Sort(keys)
		if !slices.Equal(keys, []string{"key", "other-key"}) {
			t.Errorf("asked with %v, want once with each key", keys)
		}
	})
}

func TestChangedWishAsksAtOnce(t *testing.T) {
	for name, change := range map[string]func(*Subscription){
		"a new generation":         func(w *Subscription) { w.Request.Generation = 2 },
		"a look asked for by name": func(w *Subscription) { w.Request.RequestedAt = "now" },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, ample, func(w *world) {
				w.source.Watch(watching("a"))
				w.after(time.Second)
				w.source.Watch(watching("a", change))
				w.after(time.Second)
				w.expectCalls("job_a", 2, "a second after the change")
				want := watching("a", change)
				if o := w.latest(want); o == nil || o.Request != want.Request {
					t.Errorf("the observation answers %+v, want %+v", o, want.Request)
				}
				if got := w.wakesOf("a"); got != 2 {
					t.Errorf("woken %d times, want 2: that the wish was met is news", got)
				}
			})
		})
	}
}

func TestWishThatChangesDuringACallIsMetByAnotherCall(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Second
		w.source.Watch(watching("a"))
		w.after(500 * time.Millisecond)
		later := watching("a", func(w *Subscription) { w.Request.RequestedAt = "now" })
		w.source.Watch(later)
		w.after(600 * time.Millisecond)
		if o := w.latest(later); o == nil || o.Request.RequestedAt != "" {
			t.Errorf("the call that was sent before the wish claims to meet it: %+v", o)
		}
		w.after(time.Second)
		if o := w.latest(later); o == nil || o.Request.RequestedAt != "now" {
			t.Errorf("the wish was not met by a call of its own: %+v", o)
		}
		w.expectCalls("job_a", 2, "one call before, one after the wish")
	})
}

func TestForgottenJobIsNotAskedAndItsCallIsGivenUp(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Second
		w.source.Watch(watching("a"))
		w.after(500 * time.Millisecond)
		w.source.Unwatch(Key{"ns", "a"})
		w.after(time.Hour)
		w.expectCalls("job_a", 1, "an hour after it was forgotten")
		if w.vectara.cancelled != 1 {
			t.Error("the call that nobody waits for was not given up")
		}
		if got := w.wakesOf("a"); got != 0 {
			t.Errorf("woken %d times after it was forgotten", got)
		}
	})
}

func TestAnotherObjectOfTheSameNameStartsAfresh(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.source.Watch(watching("a"))
		w.after(time.Second)
		twin := watching("a", func(w *Subscription) { w.UID = "twin" })
		if o := w.latest(twin); o != nil {
			t.Errorf("an object of the same name and job was told what another one had asked: %+v", o)
		}
		successor := watching("a", func(w *Subscription) { w.UID, w.JobID = "another", "job_b" })
		if o := w.latest(successor); o != nil {
			t.Errorf("the successor was told of its predecessor's job: %+v", o)
		}
		w.after(time.Second)
		if o := w.latest(successor); o == nil || o.Job == nil || o.Job.ID != "job_b" {
			t.Errorf("the successor's observation is %+v, want its own job", o)
		}
	})
}

func TestRotatedKeyIsTriedAtOnceByThoseInTroubleOnly(t *testing.T) {
	rotated := func(w *Subscription) { w.Credentials = credentials("secret", "new-key") }
	for name, test := range map[string]struct {
		before func(string, string) (vectara.Job, error)
		want   int
	}{
		"a job that was denied is asked at once":      {failing(status(403, 0)), 2},
		"a job that was not found is asked at once":   {failing(status(404, 0)), 2},
		"a job of a refused key is asked at once":     {failing(status(401, 0)), 2},
		"a job that could be seen keeps its schedule": {inState("started"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, ample, func(w *world) {
				w.vectara.respond(test.before)
				w.source.Watch(watching("a"))
				w.after(time.Second)
				w.vectara.respond(inState("started"))
				w.source.Watch(watching("a", rotated))
				w.after(time.Second)
				w.expectCalls("job_a", test.want, "a second after the rotation")
				w.after(10 * time.Second)
				if calls := w.vectara.asked(); calls[len(calls)-1].key != "new-key" {
					t.Errorf("the last call used %q, want the new key", calls[len(calls)-1].key)
				}
				if o := w.latest(watching("a", rotated)); o == nil || o.Job == nil {
					t.Errorf("the observation is %+v, want the job", o)
				}
			})
		})
	}
}

func TestEndThatCouldNotBeWrittenBeforeARotationIsNotLost(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(inState("completed"))
		w.source.Watch(watching("a"))
		w.after(time.Second)
		w.expectCalls("job_a", 1, "before the rotation")
		rotated := watching("a", func(s *Subscription) { s.Credentials = credentials("secret", "new-key") })
		w.source.Watch(rotated)
		w.after(time.Second)
		w.expectCalls("job_a", 2, "after the rotation")
		if o := w.latest(rotated); o == nil || o.Job == nil || o.Job.State != "completed" {
			t.Errorf("the observation is %+v, want the end", o)
		}
		w.after(time.Hour)
		w.expectCalls("job_a", 2, "after an hour")
	})
}

// TestSessionIsToldOfTheKeyBeforeARotation rotates the key of a VectaraJob, and that of a discovery: Vectara may still echo the former
// one.
func TestSessionIsToldOfTheKeyBeforeARotation(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		for _, key := range []string{"first", "second"} {
			w.source.Watch(watching("job", func(s *Subscription) { s.Credentials = credentials("of-job", "job-"+key) }))
			w.source.WatchList(listing("list", func(s *ListSubscription) { s.Credentials = credentials("of-list", "list-"+key) }))
			w.after(time.Second)
		}
		w.vectara.mu.Lock()
		defer w.vectara.mu.Unlock()
		want := map[string][]string{"job-second": {"job-first"}, "list-second": {"list-first"}}
		if !maps.EqualFunc(w.vectara.redacted, want, slices.Equal) {
			t.Errorf("sessions were told of the former keys %v, want %v", w.vectara.redacted, want)
		}
	})
}

func TestAnswerToAnOldKeyIsNotBelievedAfterRotation(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Second
		w.vectara.respond(func(key, id string) (vectara.Job, error) {
			if key == "key" {
				return vectara.Job{}, status(401, 0)
			}
			return vectara.Job{ID: id, State: "started"}, nil
		})
		w.source.Watch(watching("a"))
		w.after(500 * time.Millisecond)
		rotated := watching("a", func(w *Subscription) { w.Credentials = credentials("secret", "new-key") })
		w.source.Watch(rotated)
		w.after(2 * time.Second)
		if o := w.latest(rotated); o == nil || o.Fault != nil {
			t.Errorf("the observation is %+v, want that of the new key", o)
		}
	})
}

func TestBudgetIsKept(t *testing.T) {
	inWorld(t, Limits{RequestsPerSecond: 20, Burst: 40}, func(w *world) {
		for i := range 2000 {
			w.source.Watch(watching(fmt.Sprint("a", i)))
		}
		w.after(200 * time.Second)
		calls := w.vectara.asked()
		for i := 40; i < len(calls); i++ {
			// In any stretch of time, no more than the burst and what the rate gives.
			if n, span := 41.0, calls[i].at.Sub(calls[i-40].at).Seconds(); n > 40+20*span+1.001 {
				t.Fatalf("%v calls within %vs", n, span)
			}
		}
		if got, most := len(calls), 40+20*200; got < 3900 || got > most+1 {
			t.Errorf("%d calls in 200 s, want about %d and no more", got, most)
		}
	})
}

func TestNewcomerOvertakesRoutine(t *testing.T) {
	inWorld(t, Limits{RequestsPerSecond: 20, Burst: 40}, func(w *world) {
		for i := range 3000 { // At one look in ten seconds, fifteen times what the budget allows.
			w.source.Watch(watching(fmt.Sprint("a", i), settled))
		}
		w.after(time.Minute)
		w.source.Watch(watching("newcomer"))
		w.after(200 * time.Millisecond)
		w.expectCalls("job_newcomer", 1, "amid overdue routine")
	})
}

func TestFullSessionSlowsNoOther(t *testing.T) {
	inWorld(t, Limits{RequestsPerSecond: 20, Burst: 40}, func(w *world) {
		for i := range 3000 {
			w.source.Watch(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		w.source.Watch(watching("elsewhere", func(w *Subscription) { w.Credentials = credentials("other", "other-key") }))
		w.after(100 * time.Millisecond)
		w.expectCalls("job_elsewhere", 1, "while another session is busy")
	})
}

func TestHungJobSlowsNoOtherAndTimesOut(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Hour
		hung := watching("hung")
		w.source.Watch(hung)
		w.after(time.Second)
		w.vectara.mu.Lock()
		w.vectara.latency = time.Millisecond
		w.vectara.mu.Unlock()
		w.source.Watch(watching("a"))
		w.after(time.Second)
		w.expectCalls("job_a", 1, "beside a hung call")
		w.after(9 * time.Second)
		if o := w.latest(hung); o.reason() != Unavailable {
			t.Errorf("the hung job was told %+v, want Unavailable", o)
		}
	})
}

func TestCallsInOneSessionAreBounded(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Hour
		for i := range 500 {
			w.source.Watch(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		w.expectCalls("", maxInFlight, "with answers that take for ever")
	})
}

func TestFailuresInARowAreCounted(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(503, 0)))
		w.source.Watch(watching("a"))
		w.after(35 * time.Second)
		if o := w.latest(watching("a")); o == nil || o.Failures != 4 {
			t.Errorf("after 4 failures: %+v", o)
		}
		w.vectara.respond(failing(status(404, 0)))
		w.after(10 * time.Second)
		if o := w.latest(watching("a")); o == nil || o.Failures != 1 {
			t.Errorf("after the first failure of another kind: %+v", o)
		}
	})
}

func TestEndOfTheProcessTellsNobodyAnything(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Minute
		w.vectara.breakOnCancel = true
		w.source.Watch(watching("a", func(w *Subscription) { w.Timeout = time.Hour }))
		w.after(time.Second)
		before := time.Now()
		w.stop()
		if took := time.Since(before); took > time.Second {
			t.Errorf("Run took %v to end", took)
		}
		if o := w.latest(watching("a")); o != nil || w.wakesOf("a") != 0 {
			t.Errorf("an answer that was cut off by the end was told: %+v", o)
		}
	})
}

func TestSessionsComeAndGo(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		sessions := func() int {
			w.source.mu.Lock()
			defer w.source.mu.Unlock()
			return len(w.source.sessions)
		}
		w.source.Watch(watching("a"))
		w.after(time.Second)
		w.source.Watch(watching("a", func(w *Subscription) { w.Credentials = credentials("secret", "new-key") }))
		w.after(time.Second)
		if got := sessions(); got != 2 {
			t.Errorf("%d sessions after a rotation, want that of the old key too: its rate limiter must not be had anew", got)
		}
		w.source.Unwatch(Key{"ns", "a"})
		w.after(sessionIdle / 2)
		if got := sessions(); got != 2 {
			t.Errorf("%d sessions soon after the last watcher left, want 2: a rate limiter must not be had anew", got)
		}
		w.after(sessionIdle)
		if got := sessions(); got != 0 {
			t.Errorf("%d sessions long after the last watcher left", got)
		}
		if left := len(w.source.subscribers) + w.source.schedule.len(); left != 0 {
			t.Errorf("%d things are left of watchers that are gone", left)
		}
	})
}

func TestOneWhoAsksByNameDuringACallGetsACallOfItsOwn(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Second
		w.source.Watch(watching("a"))
		w.after(500 * time.Millisecond)
		asking := watching("b", func(w *Subscription) { w.JobID, w.Request.RequestedAt = "job_a", "now" })
		w.source.Watch(asking)
		w.after(600 * time.Millisecond)
		if o := w.latest(asking); o == nil || o.Request.RequestedAt != "" {
			t.Errorf("a call that was sent before the wish met it: %+v", o)
		}
		w.after(time.Second)
		if o := w.latest(asking); o == nil || o.Request != asking.Request {
			t.Errorf("the wish was not met: %+v", o)
		}
	})
}

func TestJobIsNotLookedAtAgainBeforeItsNewsWasRead(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.dozing = true
		w.source.Watch(watching("a"))
		w.after(time.Hour)
		w.expectCalls("job_a", 1, "while nobody reads the news")
		w.source.Watch(watching("a"))
		w.after(time.Second)
		w.expectCalls("job_a", 2, "after the news was read, an hour late")
	})
}
