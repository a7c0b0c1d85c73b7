// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// The tests of this file are about what goes first, and about how long things last.

func TestPollIsMadeAsSoonAsThePauseIsOver(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.respond(failing(status(429, 90*time.Second)))
		w.source.Watch(watching("a"))
		w.after(time.Second)
		w.vectara.respond(inState("started"))
		w.after(88 * time.Second)
		w.expectCalls("", 1, "before the pause is over")
		w.after(2 * time.Second)
		w.expectCalls("", 2, "once it is over")
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
		w.observeAll(100, func(w *Subscription) { w.Created = time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC) })
		w.after(90 * time.Second)
		if got := w.vectara.count(""); got != 0 {
			w.t.Errorf("%d jobs were asked for one by one", got)
		}
		if got := a.pages(); got != 1 {
			w.t.Errorf("%d pages, want one", got)
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
		hourly := func(w *Subscription) { w.Schedule = every(time.Hour) }
		w.source.Watch(watching("a", hourly))
		w.after(time.Second)
		changed := watching("a", hourly, func(w *Subscription) {
			w.Request.Generation, w.Credentials = 2, credentials("another", "another-key")
		})
		w.source.Watch(changed)
		w.after(time.Second)
		if o := w.latest(changed); o == nil || o.Request != changed.Request {
			w.t.Errorf("told %+v, want an answer to %+v", o, changed.Request)
		}
	})
}

// TestRefusalThatIsReadLateDoesNotEndTheLooks has somebody be told of a refusal, for the sake of another watcher of the
// same job, before it has read the news that came before.
func TestRefusalThatIsReadLateDoesNotEndTheLooks(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.dozing = true
		other := watching("other", func(w *Subscription) { w.JobID = "job_late" })
		w.source.Watch(watching("late"))
		w.source.Watch(other)
		w.after(time.Second)
		w.source.Watch(other) // It reads its news, and the one who is late does not.
		w.vectara.respond(failing(status(401, 0)))
		w.source.Watch(watching("stranger"))
		w.after(15 * time.Second)
		w.source.Unwatch(other.Key)
		w.source.Watch(watching("late"))
		w.dozing = false
		w.vectara.respond(inState("completed"))
		w.after(RefusedPause + time.Minute)
		if o := w.latest(watching("late")); o == nil || o.Job == nil || o.Job.State != "completed" {
			w.t.Errorf("told %+v, want the job once the credentials are good again", o)
		}
	})
}
