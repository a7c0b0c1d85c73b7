// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// The tests of this file are about what goes first, and about how long things last.

// notingCaller notes the jobs that it was to ask for alone, and leaves the calls under way.
type notingCaller struct{ ids []string }

func (c *notingCaller) get(_ *session, t *target) {
	t.cancel = func() {}
	c.ids = append(c.ids, t.id)
}
func (c *notingCaller) page(_ *session, sweep *sweep) { sweep.calling = true }

func TestWhoGoesFirst(t *testing.T) {
	now := time.Now()
	type looker struct {
		job     string
		due     time.Duration
		urgent  bool
		missing bool
	}
	for name, test := range map[string]struct {
		lookers []looker
		want    []string
	}{
		"of routine looks the most overdue goes first": {
			[]looker{{job: "a", due: -time.Second}, {job: "b", due: -time.Minute}}, []string{"b", "a"},
		},
		"a job that was missing from a list goes before routine looks": {
			[]looker{{job: "a", due: -time.Minute}, {job: "b", due: -time.Second, missing: true}}, []string{"b", "a"},
		},
		"who is waited for goes before a job that was missing": {
			[]looker{{job: "a", due: -time.Minute, missing: true}, {job: "b", urgent: true}}, []string{"b", "a"},
		},
		"one watcher who waits is enough for a job to go first": {
			[]looker{{job: "a", due: -time.Minute}, {job: "b", urgent: true}, {job: "b", due: -time.Second}}, []string{"b", "a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var calls notingCaller
			s := newSession(sessionKey{}, nil, rate.NewLimiter(rate.Inf, 1), &calls, func(Key) {})
			s.lister.notBefore = now.Add(time.Hour)
			for i, l := range test.lookers {
				watch := watching(fmt.Sprint(i), func(w *Watch) { w.JobID, w.Urgent = l.job, l.urgent })
				s.add(&watcher{Watch: watch, due: now.Add(l.due)})
				s.targets[l.job].missing = l.missing
				s.arrange(s.targets[l.job])
			}
			s.step(now)
			if !slices.Equal(calls.ids, test.want) {
				t.Errorf("asked for %v, want %v", calls.ids, test.want)
			}
		})
	}
}

func TestLookIsMadeAsSoonAsThePauseIsOver(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		pause time.Duration
	}{
		"after a pause that Vectara asked for": {status(429, 90*time.Second), 90 * time.Second},
		"after refused credentials":            {status(401, 0), RefusedPause},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, ample, func(w *world) {
				w.vectara.respond(failing(test.err))
				w.source.Observe(watching("a", func(w *Watch) { w.Schedule = every(time.Hour) }))
				w.after(time.Second)
				w.vectara.respond(inState("started"))
				w.after(test.pause)
				w.expectCalls("job_a", 2, "once the pause is over")
			})
		})
	}
}

// TestPageFromBeforeARefusalDoesNotHideIt has a page arrive that was asked for before somebody was told of a refusal.
func TestPageFromBeforeARefusalDoesNotHideIt(t *testing.T) {
	inAccount(t, ample, 300, func(w *world, a *account) {
		notFound := watching("a299", minutely, func(w *Watch) { w.Request.RequestedAt = "now" })
		w.observeAll(300)
		w.vectara.respond(failing(status(404, 0)))
		w.source.Observe(notFound)
		w.after(time.Second)
		a.mu.Lock()
		a.listDelay = 20 * time.Second
		a.mu.Unlock()
		w.after(59*time.Second + 5*time.Millisecond) // A page is under way, and a299, which it brings, is due in a moment.
		if a.pages() != 1 {
			w.t.Fatalf("%d pages, want the first one", a.pages())
		}
		w.vectara.latency = time.Millisecond
		w.vectara.respond(failing(status(401, 0)))
		w.source.Observe(watching("stranger"))
		w.after(10 * time.Second)
		w.expectCalls("job_a299", 1, "before and after the refusal")
		for range 2 {
			if o := w.latest(notFound); o == nil || o.Fault == nil || o.Fault.Kind != Unauthorized {
				w.t.Errorf("told %+v, want Unauthorized", o)
			}
			w.after(20 * time.Second) // The page has arrived.
		}
	})
}

func TestSweepThatTakesTooLongIsGivenUp(t *testing.T) {
	inAccount(t, ample, 1000, func(w *world, a *account) {
		a.listDelay = 29 * time.Second
		w.observeAll(1000)
		w.after(8 * time.Minute)
		if got := a.pages(); got < 4 || got > 6 {
			w.t.Errorf("%d pages at 29 s each, want as many as begin within two minutes", got)
		}
		for i := range 1000 {
			if w.latest(watching(fmt.Sprint("a", i), settled, minutely)) == nil {
				w.t.Fatalf("job %d was never looked at", i)
			}
		}
	})
}

func TestListReachesBackToTheCreationOfTheOldestJobItIsFor(t *testing.T) {
	inAccount(t, ample, 0, func(w *world, a *account) {
		for i := range 100 {
			a.add(fmt.Sprint("a", i), "started", time.Hour) // Vectara leaves out jobs that were created at "after".
		}
		w.observeAll(100, func(w *Watch) { w.Created = time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC) })
		w.after(90 * time.Second)
		if got := w.vectara.count(""); got != 0 {
			w.t.Errorf("%d jobs were asked for one by one", got)
		}
		if got := a.pages(); got != 1 {
			w.t.Errorf("%d pages, want one", got)
		}
	})
}

func TestUnreadableElementsPauseLists(t *testing.T) {
	inAccount(t, ample, 300, func(w *world, a *account) {
		a.spoil = func(_ int, page *vectara.Page) error { page.Dropped = 1; return nil }
		w.observeAll(300)
		w.after(9 * time.Minute)
		if got := a.pages(); got != 1 {
			w.t.Errorf("%d pages in nine minutes although the first one could not be read whole", got)
		}
	})
}

func TestListsGoOnAfterAPause(t *testing.T) {
	inAccount(t, ample, 300, func(w *world, a *account) {
		a.spoil = func(n int, _ *vectara.Page) error { return when(n == 1, status(429, 5*time.Second)) }
		w.observeAll(300)
		w.after(3 * time.Minute)
		gets, pages := w.vectara.count(""), a.pages()
		w.after(5 * time.Minute)
		if got := w.vectara.count("") - gets; got != 0 {
			w.t.Errorf("%d jobs were asked for one by one after a pause of five seconds", got)
		}
		if got := a.pages() - pages; got < 12 {
			w.t.Errorf("%d pages for five looks at 300 jobs, want 15", got)
		}
	})
}

func TestJobThatListsShowAgainIsListedAgain(t *testing.T) {
	inAccount(t, ample, 300, func(w *world, a *account) {
		a.unlisted["job_a7"] = true
		w.observeAll(300)
		w.after(3 * time.Minute)
		a.mu.Lock()
		delete(a.unlisted, "job_a7")
		a.mu.Unlock()
		w.after(2 * time.Minute)
		gets := w.vectara.count("job_a7")
		w.after(10 * time.Minute)
		if got := w.vectara.count("job_a7") - gets; got != 0 {
			w.t.Errorf("asked for %d times alone, although lists show it again", got)
		}
	})
}

func TestChangedWishWithChangedCredentialsIsMetAtOnce(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		hourly := func(w *Watch) { w.Schedule = every(time.Hour) }
		w.source.Observe(watching("a", hourly))
		w.after(time.Second)
		changed := watching("a", hourly, func(w *Watch) {
			w.Request.Generation, w.Credentials = 2, credentials("another", "another-key")
		})
		w.source.Observe(changed)
		w.after(time.Second)
		if o := w.latest(changed); o == nil || o.Request != changed.Request {
			w.t.Errorf("told %+v, want an answer to %+v", o, changed.Request)
		}
	})
}

// TestRefusedPageIsToldToThoseWhoWaitForTheBudget has credentials refused by a page while somebody is due.
func TestRefusedPageIsToldToThoseWhoWaitForTheBudget(t *testing.T) {
	now := time.Now()
	woken := 0
	s := newSession(sessionKey{}, nil, rate.NewLimiter(0, 0), &notingCaller{}, func(Key) { woken++ })
	s.sweep, s.calls = newSweep(ForActive, activeStates, nil, time.Time{}, 1), 1
	s.sweep.calling = true
	waiting := &watcher{Watch: watching("a"), due: now.Add(-time.Second)}
	s.add(waiting)
	s.step(now)
	s.finishPage(pageAnswer{asked: now, answered: now.Add(time.Second), fault: &Fault{Kind: Unauthorized, StatusCode: 401}})
	if waiting.latest == nil || waiting.latest.Fault == nil || waiting.latest.Fault.Kind != Unauthorized || woken != 1 {
		t.Errorf("woken %d times and told %+v, want Unauthorized", woken, waiting.latest)
	}
}

// TestRefusalThatIsReadLateDoesNotEndTheLooks has somebody be told of a refusal, for the sake of another watcher of the
// same job, before it has read the news that came before.
func TestRefusalThatIsReadLateDoesNotEndTheLooks(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.dozing = true
		other := watching("other", func(w *Watch) { w.JobID = "job_late" })
		w.source.Observe(watching("late"))
		w.source.Observe(other)
		w.after(time.Second)
		w.source.Observe(other) // It reads its news, and the one who is late does not.
		w.vectara.respond(failing(status(401, 0)))
		w.source.Observe(watching("stranger"))
		w.after(15 * time.Second)
		w.source.Forget(other.Key)
		w.source.Observe(watching("late"))
		w.dozing = false
		w.vectara.respond(inState("completed"))
		w.after(RefusedPause + time.Minute)
		if o := w.latest(watching("late")); o == nil || o.Job == nil || o.Job.State != "completed" {
			w.t.Errorf("told %+v, want the job once the credentials are good again", o)
		}
	})
}
