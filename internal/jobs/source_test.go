// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// call is a request that the fake Vectara got.
type call struct {
	at  time.Time
	key string // the API key
	id  string
}

// fakeVectara answers with what answer says, after latency, and writes down what it was asked.
type fakeVectara struct {
	mu        sync.Mutex
	calls     []call
	cancelled int // calls that were given up
	// breakOnCancel has a call that is given up fail as if the connection had broken.
	breakOnCancel bool
	latency       time.Duration
	delays        map[string]time.Duration // by job, where it is not latency
	answer        func(key, id string) (vectara.Job, error)

	list      func(vectara.ListQuery) (vectara.Page, error)
	listDelay time.Duration
}

func (f *fakeVectara) open(credentials vectara.Credentials) API {
	return session0{f, credentials.APIKey}
}

type session0 struct {
	vectara *fakeVectara
	key     string
}

func (s session0) GetJob(ctx context.Context, id string) (vectara.Job, error) {
	s.vectara.mu.Lock()
	s.vectara.calls = append(s.vectara.calls, call{time.Now(), s.key, id})
	latency, answer := s.vectara.latency, s.vectara.answer
	if delay, ok := s.vectara.delays[id]; ok {
		latency = delay
	}
	s.vectara.mu.Unlock()
	select {
	case <-time.After(latency):
		return answer(s.key, id)
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return vectara.Job{}, &vectara.TransportError{Operation: vectara.OperationGetJob, Kind: vectara.KindTimeout, Detail: "timed out"}
		}
		s.vectara.mu.Lock()
		defer s.vectara.mu.Unlock()
		s.vectara.cancelled++
		if s.vectara.breakOnCancel {
			return vectara.Job{}, &vectara.TransportError{Operation: vectara.OperationGetJob, Kind: vectara.KindReset, Detail: "broken"}
		}
		return vectara.Job{}, ctx.Err()
	}
}

// ListJobs answers what list says at the time of the call, after latency. Where a test has none, lists are forbidden.
func (s session0) ListJobs(_ context.Context, query vectara.ListQuery) (vectara.Page, error) {
	s.vectara.mu.Lock()
	list, delay := s.vectara.list, max(s.vectara.listDelay, s.vectara.latency)
	s.vectara.mu.Unlock()
	if list == nil {
		return vectara.Page{}, status(403, 0)
	}
	page, err := list(query)
	<-time.After(delay)
	return page, err
}

func (f *fakeVectara) respond(answer func(key, id string) (vectara.Job, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fakeVectara) count(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if id == "" || c.id == id {
			n++
		}
	}
	return n
}

func (f *fakeVectara) asked() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// every asks at fixed intervals, and never again once the job has ended.
type every time.Duration

func (e every) First(now time.Time) time.Time { return now.Add(time.Duration(e)) }

func (e every) Next(o Observation) time.Time {
	if o.Job != nil && slices.Contains(finalStates, o.Job.State) {
		return time.Time{}
	}
	return o.Answered.Add(time.Duration(e))
}

// world is a source that runs in a bubble of fake time, with its Vectara and its wakes.
type world struct {
	t       *testing.T
	vectara *fakeVectara
	source  *Source
	stop    func()

	dozing bool // whether those who are woken do not read their news
	mu     sync.Mutex
	wakes  map[Key]int
}

// read has a watcher read its news, as a reconciler does that is woken.
func (w *world) read(key Key) {
	w.source.mu.Lock()
	watcher := w.source.watchers[key]
	if watcher == nil {
		w.source.mu.Unlock()
		return
	}
	watch := watcher.Watch
	w.source.mu.Unlock()
	w.source.Observe(watch)
}

// inWorld runs a test in a bubble of fake time, in which waiting takes no time.
func inWorld(t *testing.T, limits Limits, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, vectara: &fakeVectara{latency: 20 * time.Millisecond, answer: inState("started")}, wakes: map[Key]int{}}
		w.source = NewSource(w.vectara.open, limits, func(key Key) {
			w.mu.Lock()
			w.wakes[key]++
			w.mu.Unlock()
			if !w.dozing {
				go w.read(key)
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.source.Run(ctx) }()
		w.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run returned %v", err)
			}
		})
		defer w.stop()
		test(w)
	})
}

var ample = Limits{RequestsPerSecond: 1000, Burst: 1000}

func inState(state string) func(string, string) (vectara.Job, error) {
	return func(_, id string) (vectara.Job, error) { return vectara.Job{ID: id, State: state}, nil }
}

func failing(err error) func(string, string) (vectara.Job, error) {
	return func(string, string) (vectara.Job, error) { return vectara.Job{}, err }
}

func status(code int, retryAfter time.Duration) error {
	return &vectara.APIError{Operation: vectara.OperationGetJob, StatusCode: code, RetryAfter: retryAfter}
}

func credentials(secret, key string) Credentials {
	return Credentials{Secret: Key{"ns", secret}, Vectara: vectara.Credentials{APIKey: key}}
}

// watching is a Watch for a new object; each changes one thing about it.
func watching(name string, changes ...func(*Watch)) Watch {
	w := Watch{
		Key: Key{"ns", name}, UID: "uid-" + name, JobID: "job_" + name,
		Credentials: credentials("secret", "key"),
		Timeout:     10 * time.Second, Request: Request{Generation: 1}, Urgent: true, Schedule: every(10 * time.Second),
	}
	for _, change := range changes {
		change(&w)
	}
	return w
}

func settled(w *Watch) { w.Urgent = false }

// after lets time pass.
func (w *world) after(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

func (w *world) wakesOf(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wakes[Key{"ns", name}]
}

func (w *world) expectCalls(id string, want int, when string) {
	w.t.Helper()
	if got := w.vectara.count(id); got != want {
		w.t.Errorf("%s: %d calls for %q, want %d", when, got, id, want)
	}
}

// latest is what a watcher reads, without changing what it wants.
func (w *world) latest(watch Watch) *Observation {
	w.t.Helper()
	o, ok := w.source.Observe(watch)
	if !ok {
		return nil
	}
	return &o
}

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
		w.source.Observe(watching("a"))
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
		w.source.Observe(watching("a"))
		w.after(24 * time.Hour)
		w.expectCalls("job_a", 1, "a day after the end")
	})
}

func TestObservingAgainChangesNothing(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		for range 600 {
			w.source.Observe(watching("a"))
			w.after(100 * time.Millisecond)
		}
		w.expectCalls("job_a", 6, "after a minute of label edits")
	})
}

func TestActiveJobKnownFromBeforeWaitsForItsTurn(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		for range 95 {
			w.source.Observe(watching("a", settled))
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
		w.source.Observe(watching("a"))
		w.after(500 * time.Millisecond)
		sameJob := func(watch *Watch) { watch.JobID = "job_a" }
		w.source.Observe(watching("b", sameJob)) // The call is under way.
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
		other := func(watch *Watch) { watch.JobID, watch.Credentials = "job_a", credentials("other", "other-key") }
		w.source.Observe(watching("a"))
		w.source.Observe(watching("b", other))
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
	for name, change := range map[string]func(*Watch){
		"a new generation":         func(w *Watch) { w.Request.Generation = 2 },
		"a look asked for by name": func(w *Watch) { w.Request.RequestedAt = "now" },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, ample, func(w *world) {
				w.source.Observe(watching("a"))
				w.after(time.Second)
				w.source.Observe(watching("a", change))
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
		w.source.Observe(watching("a"))
		w.after(500 * time.Millisecond)
		later := watching("a", func(w *Watch) { w.Request.RequestedAt = "now" })
		w.source.Observe(later)
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
		w.source.Observe(watching("a"))
		w.after(500 * time.Millisecond)
		w.source.Forget(Key{"ns", "a"})
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
		w.source.Observe(watching("a"))
		w.after(time.Second)
		twin := watching("a", func(w *Watch) { w.UID = "twin" })
		if o := w.latest(twin); o != nil {
			t.Errorf("an object of the same name and job was told what another one had asked: %+v", o)
		}
		successor := watching("a", func(w *Watch) { w.UID, w.JobID = "another", "job_b" })
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
	rotated := func(w *Watch) { w.Credentials = credentials("secret", "new-key") }
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
				w.source.Observe(watching("a"))
				w.after(time.Second)
				w.vectara.respond(inState("started"))
				w.source.Observe(watching("a", rotated))
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

func TestAnswerToAnOldKeyIsNotBelievedAfterRotation(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Second
		w.vectara.respond(func(key, id string) (vectara.Job, error) {
			if key == "key" {
				return vectara.Job{}, status(401, 0)
			}
			return vectara.Job{ID: id, State: "started"}, nil
		})
		w.source.Observe(watching("a"))
		w.after(500 * time.Millisecond)
		rotated := watching("a", func(w *Watch) { w.Credentials = credentials("secret", "new-key") })
		w.source.Observe(rotated)
		w.after(2 * time.Second)
		if o := w.latest(rotated); o == nil || o.Fault != nil {
			t.Errorf("the observation is %+v, want that of the new key", o)
		}
	})
}

func TestPauseHoldsForAllJobsOfTheCredentials(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.source.Observe(watching("running"))
		w.source.Observe(watching("elsewhere", func(w *Watch) { w.Credentials = credentials("other", "other-key") }))
		w.after(9 * time.Second)
		w.vectara.respond(func(key, id string) (vectara.Job, error) {
			if key == "key" {
				return vectara.Job{}, status(429, 30*time.Second)
			}
			return vectara.Job{ID: id, State: "started"}, nil
		})
		w.source.Observe(watching("unlucky"))
		w.after(time.Second / 2)
		w.source.Observe(watching("newcomer"))
		before := w.vectara.count("")
		elsewhere := w.vectara.count("job_elsewhere")
		w.after(29 * time.Second)
		if got := w.vectara.count("") - before - (w.vectara.count("job_elsewhere") - elsewhere); got != 0 {
			t.Errorf("%d calls through the closed gate", got)
		}
		if got := w.vectara.count("job_elsewhere") - elsewhere; got < 2 {
			t.Errorf("other credentials were asked for %d times during the pause, want about 3", got)
		}
		for _, name := range []string{"unlucky", "newcomer"} {
			if o := w.latest(watching(name)); o == nil || o.Fault == nil || o.Fault.Kind != RateLimited {
				t.Errorf("%s was told %+v, want RateLimited", name, o)
			}
		}
		if o := w.latest(watching("running")); o == nil || o.Job == nil {
			t.Errorf("a job that had an answer was told %+v: the pause is no news to it", o)
		}
		w.vectara.respond(inState("started"))
		w.after(12 * time.Second)
		for _, name := range []string{"unlucky", "newcomer"} {
			if o := w.latest(watching(name)); o == nil || o.Job == nil {
				t.Errorf("after the pause %s was told %+v, want its job", name, o)
			}
		}
	})
}

func TestPausesWithoutRetryAfterGrowToAMinute(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(429, 0)))
		for i := range 100 {
			w.source.Observe(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		started := w.vectara.count("")
		w.after(time.Hour)
		if got := w.vectara.count("") - started; got < 55 || got > 100 {
			t.Errorf("%d calls for 100 jobs in an hour of 429, want about one a minute", got)
		}
	})
}

func TestRefusedCredentialsAreTriedOnceInFiveMinutesForAllJobs(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(401, 0)))
		w.source.Observe(watching("first"))
		w.after(time.Second)
		for i := range 50 {
			w.source.Observe(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		w.expectCalls("", 1, "with a key that is known to be refused")
		for i := range 50 {
			if o := w.latest(watching(fmt.Sprint("a", i))); o == nil || o.Fault == nil || o.Fault.Kind != Unauthorized {
				t.Fatalf("job %d was told %+v, want Unauthorized", i, o)
			}
		}
		w.after(30 * time.Minute)
		w.expectCalls("", 7, "after half an hour")
		w.vectara.respond(inState("started"))
		w.after(6 * time.Minute)
		for i := range 50 {
			if o := w.latest(watching(fmt.Sprint("a", i))); o == nil || o.Job == nil {
				t.Fatalf("after the key was mended, job %d was told %+v", i, o)
			}
		}
	})
}

func TestLookAskedForByNameGoesThroughARefusedGateButNotThroughAPause(t *testing.T) {
	for name, test := range map[string]struct {
		code int
		want int
	}{
		"refused credentials are tried again": {401, 2},
		"a pause is kept":                     {429, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, ample, func(w *world) {
				w.vectara.respond(failing(status(test.code, time.Minute)))
				w.source.Observe(watching("a"))
				w.after(time.Second)
				w.vectara.respond(inState("started"))
				w.source.Observe(watching("a", func(w *Watch) { w.Request.RequestedAt = "now" }))
				w.after(10 * time.Second)
				w.expectCalls("job_a", test.want, "after the wish")
			})
		})
	}
}

func TestBudgetIsKept(t *testing.T) {
	inWorld(t, Limits{RequestsPerSecond: 20, Burst: 40}, func(w *world) {
		for i := range 2000 {
			w.source.Observe(watching(fmt.Sprint("a", i)))
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
			w.source.Observe(watching(fmt.Sprint("a", i), settled))
		}
		w.after(time.Minute)
		w.source.Observe(watching("newcomer"))
		w.after(200 * time.Millisecond)
		w.expectCalls("job_newcomer", 1, "amid overdue routine")
	})
}

func TestFullSessionSlowsNoOther(t *testing.T) {
	inWorld(t, Limits{RequestsPerSecond: 20, Burst: 40}, func(w *world) {
		for i := range 3000 {
			w.source.Observe(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		w.source.Observe(watching("elsewhere", func(w *Watch) { w.Credentials = credentials("other", "other-key") }))
		w.after(100 * time.Millisecond)
		w.expectCalls("job_elsewhere", 1, "while another session is busy")
	})
}

func TestHungJobSlowsNoOtherAndTimesOut(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Hour
		hung := watching("hung")
		w.source.Observe(hung)
		w.after(time.Second)
		w.vectara.mu.Lock()
		w.vectara.latency = time.Millisecond
		w.vectara.mu.Unlock()
		w.source.Observe(watching("a"))
		w.after(time.Second)
		w.expectCalls("job_a", 1, "beside a hung call")
		w.after(9 * time.Second)
		if o := w.latest(hung); o == nil || o.Fault == nil || o.Fault.Kind != Unavailable {
			t.Errorf("the hung job was told %+v, want Unavailable", o)
		}
	})
}

func TestCallsInOneSessionAreBounded(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Hour
		for i := range 500 {
			w.source.Observe(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		w.expectCalls("", maxCallsPerSession, "with answers that take for ever")
	})
}

func TestFailuresInARowAreCounted(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(503, 0)))
		w.source.Observe(watching("a"))
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
		w.source.Observe(watching("a", func(w *Watch) { w.Timeout = time.Hour }))
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
		w.source.Observe(watching("a"))
		w.after(time.Second)
		w.source.Observe(watching("a", func(w *Watch) { w.Credentials = credentials("secret", "new-key") }))
		w.after(time.Second)
		if got := sessions(); got != 1 {
			t.Errorf("%d sessions after a rotation, want only that of the new key", got)
		}
		w.source.Forget(Key{"ns", "a"})
		w.after(sessionIdle / 2)
		if got := sessions(); got != 1 {
			t.Errorf("%d sessions soon after the last watcher left, want 1: its budget must not be had anew", got)
		}
		w.after(sessionIdle)
		if got := sessions(); got != 0 {
			t.Errorf("%d sessions long after the last watcher left", got)
		}
		if left := len(w.source.watchers) + len(w.source.current) + w.source.schedule.len(); left != 0 {
			t.Errorf("%d things are left of watchers that are gone", left)
		}
	})
}

func TestClassification(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want FaultKind
	}{
		"401":                      {status(401, 0), Unauthorized},
		"403":                      {status(403, 0), PermissionDenied},
		"404":                      {status(404, 0), NotFound},
		"408":                      {status(408, 0), Unavailable},
		"409":                      {status(409, 0), Unavailable},
		"425":                      {status(425, 0), Unavailable},
		"429":                      {status(429, 0), RateLimited},
		"500":                      {status(500, 0), Unavailable},
		"503":                      {status(503, 0), Unavailable},
		"400":                      {status(400, 0), Unavailable},
		"204":                      {status(204, 0), InvalidResponse},
		"a refused client":         {&vectara.AuthError{StatusCode: 401}, Unauthorized},
		"no connection":            {&vectara.TransportError{}, Unavailable},
		"an unbelievable answer":   {&vectara.ResponseError{}, InvalidResponse},
		"a wrapped error":          {fmt.Errorf("asking: %w", status(404, 0)), NotFound},
		"an error of another kind": {errors.New("?"), Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			if got := classify(test.err); got == nil || got.Kind != test.want {
				t.Errorf("classified as %+v, want %s", got, test.want)
			}
		})
	}
	if got := classify(fmt.Errorf("asking: %w", context.Canceled)); got != nil {
		t.Errorf("a cancelled call was classified as %+v, want nothing", got)
	}
}

func TestBackoffDoublesToItsBoundAndSpreads(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		0: 2 * time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second,
		6: MaxBackoff, 1000: MaxBackoff, -1: 2 * time.Second,
	} {
		seen := map[time.Duration]bool{}
		for seed := range uint64(100) {
			got := Backoff(failures, seed)
			if got > want || got < want*3/4 {
				t.Errorf("Backoff(%d, %d) = %v, want between three quarters of %v and all of it", failures, seed, got, want)
			}
			seen[got] = true
		}
		if len(seen) < 90 {
			t.Errorf("after %d failures 100 seeds gave only %d waits: %v", failures, len(seen), slices.Sorted(maps.Keys(seen)))
		}
	}
}

func TestOneWhoAsksByNameDuringACallGetsACallOfItsOwn(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Second
		w.source.Observe(watching("a"))
		w.after(500 * time.Millisecond)
		asking := watching("b", func(w *Watch) { w.JobID, w.Request.RequestedAt = "job_a", "now" })
		w.source.Observe(asking)
		w.after(600 * time.Millisecond)
		if o := w.latest(asking); o != nil {
			t.Errorf("a call that was sent before the wish met it: %+v", o)
		}
		w.after(time.Second)
		if o := w.latest(asking); o == nil || o.Request != asking.Request {
			t.Errorf("the wish was not met: %+v", o)
		}
	})
}

func TestCallsFromBeforeAPauseSayNothingAboutIt(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.delays = map[string]time.Duration{"job_good": 2 * time.Second}
		w.vectara.respond(func(_, id string) (vectara.Job, error) {
			if id == "job_good" {
				return vectara.Job{ID: id, State: "started"}, nil
			}
			return vectara.Job{}, status(429, 0)
		})
		w.source.Observe(watching("good"))
		for i := range 20 { // All refused together: one refusal, and not twenty in a row.
			w.source.Observe(watching(fmt.Sprint("a", i)))
		}
		w.after(time.Second)
		if o := w.latest(watching("a0")); o == nil || o.Failures != 1 {
			t.Errorf("told %+v, want one failure", o)
		}
		w.after(1200 * time.Millisecond) // The good answer is there, the pause of up to 2 s may be over.
		before := w.vectara.count("")
		w.after(time.Second)
		if got := w.vectara.count("") - before; got > 1 {
			t.Errorf("%d calls after the pause, want one to find out whether it was long enough", got)
		}
	})
}

func TestAnswerFromBeforeAPauseDoesNotEndIt(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.delays = map[string]time.Duration{"job_good": 2 * time.Second}
		w.vectara.respond(func(_, id string) (vectara.Job, error) {
			if id == "job_good" {
				return vectara.Job{ID: id, State: "started"}, nil
			}
			return vectara.Job{}, status(429, time.Minute)
		})
		w.source.Observe(watching("good"))
		w.source.Observe(watching("a"))
		w.after(50 * time.Second)
		w.expectCalls("", 2, "during the pause")
	})
}

func TestThoseWhoWaitForTheBudgetAreToldOfAPause(t *testing.T) {
	inWorld(t, Limits{RequestsPerSecond: 0.1, Burst: 1}, func(w *world) {
		w.vectara.respond(failing(status(429, time.Minute)))
		w.source.Observe(watching("a"))
		w.source.Observe(watching("b"))
		w.after(time.Second)
		w.expectCalls("", 1, "with a budget of one")
		for _, name := range []string{"a", "b"} {
			if o := w.latest(watching(name)); o == nil || o.Fault == nil || o.Fault.Kind != RateLimited {
				t.Errorf("%s was told %+v, want RateLimited", name, o)
			}
		}
	})
}

func TestRefusalsAreCountedForTheWholeSession(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(429, 10*time.Second)))
		w.source.Observe(watching("a"))
		w.after(25 * time.Second)
		newcomer := watching("newcomer")
		w.source.Observe(newcomer)
		w.after(time.Second)
		if o := w.latest(newcomer); o == nil || o.Failures != 3 {
			t.Errorf("the newcomer was told %+v, want the third refusal in a row", o)
		}
	})
}

func TestJobIsNotLookedAtAgainBeforeItsNewsWasRead(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.dozing = true
		w.source.Observe(watching("a"))
		w.after(time.Hour)
		w.expectCalls("job_a", 1, "while nobody reads the news")
		w.source.Observe(watching("a"))
		w.after(time.Second)
		w.expectCalls("job_a", 2, "after the news was read, an hour late")
	})
}
