// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// The tests of this file are about what TestWhateverHappens comes upon too seldom to rely on it.

// spoilWith spoils pages from now on.
func (a *account) spoilWith(spoil func(query vectara.ListQuery, page *vectara.Page) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spoil = func(n int, page *vectara.Page) error { return spoil(a.lists[n], page) }
}

func ofTheEnded(query vectara.ListQuery) bool { return slices.Contains(query.States, "completed") }

func TestEndArrivesWhenListsOfTheEndedDoNotBringIt(t *testing.T) {
	for name, spoil := range map[string]func(vectara.ListQuery, *vectara.Page) error{
		"lists of the ended are forbidden": func(q vectara.ListQuery, _ *vectara.Page) error {
			return when(ofTheEnded(q), status(403, 0))
		},
		"lists of the ended fail": func(q vectara.ListQuery, _ *vectara.Page) error {
			return when(ofTheEnded(q), status(503, 0))
		},
		"lists of the ended go on and on": func(q vectara.ListQuery, page *vectara.Page) error {
			if ofTheEnded(q) {
				page.Jobs = []vectara.Job{{ID: "job_of_somebody_else", State: "completed"}}
				page.NextPageKey = q.PageKey + "x"
			}
			return nil
		},
		"lists of the ended do not show it": func(q vectara.ListQuery, page *vectara.Page) error {
			if ofTheEnded(q) {
				*page = vectara.Page{}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 2000, func(w *world, a *account) {
				w.vectara.latency = 200 * time.Millisecond // So that a sweep takes longer than planInterval.
				w.observeAll(2000)
				w.after(90 * time.Second)
				a.spoilWith(spoil)
				for i := range 100 {
					a.set(fmt.Sprint("a", i), "completed")
				}
				w.after(5 * time.Minute)
				for i := range 100 {
					if o := w.latest(watching(fmt.Sprint("a", i), settled, minutely)); o == nil || o.Job == nil || o.Job.State != "completed" {
						w.t.Fatalf("five minutes after its end job %d was told as %+v", i, o)
					}
					w.expectCalls(fmt.Sprint("job_a", i), 1, "after it left the list")
				}
				gets := w.vectara.count("")
				w.after(3 * time.Minute)
				if got := w.vectara.count("") - gets; got != 0 {
					w.t.Errorf("lists of running jobs work, and %d were asked for one by one", got)
				}
			})
		})
	}
}

func TestListThatSavesNothingIsNotTriedAgain(t *testing.T) {
	inAccount(t, ample, 1150, func(w *world, a *account) {
		w.observeAll(12)
		w.after(30 * time.Minute)
		if got := a.pages(); got > 40 {
			w.t.Errorf("%d pages for twelve jobs in half an hour, want five at each of about seven tries", got)
		}
	})
}

func TestAllJobsOfABatchEndAndTheNextBatchIsListedAgain(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 0, func(w *world, a *account) {
		for i := range 1000 {
			a.add(fmt.Sprint("unwatched", i), "started", time.Duration(i)*time.Second)
		}
		watch := func(batch string) {
			for i := range 300 {
				name := fmt.Sprint(batch, i)
				a.add(name, "started", time.Duration(i)*time.Second)
				w.source.Watch(watching(name, settled, minutely))
			}
		}
		watch("one")
		w.after(3 * time.Minute)
		for i := range 300 {
			a.set(fmt.Sprint("one", i), "completed")
		}
		w.after(3 * time.Minute)
		watch("two")
		w.after(15 * time.Minute) // Lists are tried again in that time, whatever was wrong with them.
		gets := w.vectara.count("")
		w.after(10 * time.Minute)
		if got := w.vectara.count("") - gets; got > 300 {
			w.t.Errorf("%d calls in ten minutes for 300 jobs out of 1,300, where 13 pages a minute bring them all", got)
		}
	})
}

// TestNewcomerDoesNotWaitForASweepThatBringsItsJob has somebody new come for a job that others watch already.
func TestNewcomerDoesNotWaitForASweepThatBringsItsJob(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 5, Burst: 1}, 3000, func(w *world, _ *account) {
		w.observeAll(3000)
		w.after(61 * time.Second) // A sweep of six seconds is under way, and brings the oldest job last.
		newcomer := watching("newcomer", func(w *Subscription) { w.JobID = "job_a0" })
		w.source.Watch(newcomer)
		w.after(time.Second)
		if w.latest(newcomer) == nil {
			w.t.Error("who came for a job that others watch waits for its first answer as long as they do")
		}
	})
}

func TestNoPagesOnceAllJobsHaveEnded(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 1, Burst: 1}, 1000, func(w *world, a *account) {
		for i := range 40 {
			w.source.Watch(watching(fmt.Sprint("a", 960+i), settled, minutely)) // All on the first page.
		}
		w.after(61 * time.Second)
		pages := a.pages()
		if pages == 0 {
			w.t.Fatal("there is no sweep")
		}
		for i := range 40 {
			w.source.Watch(watching(fmt.Sprint("a", 960+i), settled, func(w *Subscription) { w.Schedule = never{} }))
		}
		w.after(time.Hour)
		if got := a.pages() - pages; got > 1 {
			w.t.Errorf("%d pages after everybody knew enough", got)
		}
	})
}

// never asks no more once anything is known.
type never struct{}

func (never) First(now time.Time) time.Time { return now }
func (never) Next(Observation) time.Time    { return time.Time{} }

func TestCredentialsThatComeBackAreStillInUse(t *testing.T) {
	inAccount(t, ample, 300, func(w *world, a *account) {
		rotated := func(w *Subscription) { w.Credentials = credentials("secret", "new-key") }
		w.observeAll(300)
		w.after(90 * time.Second)
		a.mu.Lock()
		a.listDelay = 20 * time.Second
		a.mu.Unlock()
		w.after(40 * time.Second) // A page is under way.
		if a.pages() < 4 {
			w.t.Fatal("there is no sweep")
		}
		w.observeAll(300, rotated)
		w.after(time.Second)
		w.observeAll(300) // Somebody has thought better of it.
		w.after(5 * time.Minute)
		a.set("a7", "completed")
		w.after(5 * time.Minute)
		if o := w.latest(watching("a7", settled, minutely)); o == nil || o.Job == nil || o.Job.State != "completed" {
			w.t.Errorf("five minutes after the end: %+v", o)
		}
	})
}

func TestPauseHoldsAlthoughAnEarlierCallIsRefused(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.delays = map[string]time.Duration{"job_a": 100 * time.Millisecond, "job_b": 200 * time.Millisecond}
		w.vectara.respond(func(_, id string) (vectara.Job, error) {
			if id == "job_a" {
				return vectara.Job{}, status(429, 10*time.Minute)
			}
			return vectara.Job{}, status(401, 0)
		})
		w.source.Watch(watching("a"))
		w.source.Watch(watching("b"))
		w.after(time.Second)
		w.source.Watch(watching("a", func(w *Subscription) { w.Request.RequestedAt = "now" }))
		w.after(9 * time.Minute)
		w.expectCalls("", 2, "before the pause that Vectara asked for is over")
	})
}

func TestWishThatChangesTwiceDuringACallIsNotMetByIt(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.vectara.latency = time.Second
		asking := func(when string) Subscription {
			return watching("a", func(w *Subscription) { w.Request.RequestedAt = when })
		}
		w.source.Watch(watching("a"))
		w.after(500 * time.Millisecond)
		w.source.Watch(asking("now"))
		w.source.Watch(asking("now at last"))
		w.after(600 * time.Millisecond)
		if o := w.latest(asking("now at last")); o == nil || o.Request.RequestedAt != "" {
			w.t.Errorf("the call that was sent before both wishes claims to meet one: %+v", o)
		}
		w.after(time.Second)
		if o := w.latest(asking("now at last")); o == nil || o.Request.RequestedAt != "now at last" {
			w.t.Errorf("the last wish was not met: %+v", o)
		}
	})
}

func TestJobThatListsDoNotBringKeepsItsScheduleWhileOthersAreListed(t *testing.T) {
	for name, hide := range map[string]func(*account){
		"lists do not show it": func(a *account) { a.unlisted["job_a199"] = true },
		"Vectara has lost it":  func(a *account) { delete(a.jobs, "job_a199") },
	} {
		t.Run(name, func(t *testing.T) {
			inAccount(t, ample, 200, func(w *world, a *account) {
				hide(a)
				w.observeAll(200, func(watch *Subscription) {
					if watch.JobID != "job_a199" {
						watch.Schedule = every(5 * time.Second)
					}
				})
				w.after(10*time.Minute + 10*time.Second)
				if got := w.vectara.count("job_a199"); got < 9 || got > 12 {
					w.t.Errorf("asked for %d times in 10 minutes, want once a minute", got)
				}
			})
		})
	}
}

func TestListOfRecentJobsSaysNothingOfTheOldOnes(t *testing.T) {
	inAccount(t, ample, 1000, func(w *world, a *account) {
		w.observeAll(1000)
		w.after(90 * time.Second)
		for i := range 50 {
			name := fmt.Sprint("new", i)
			a.add(name, "started", 10000*time.Hour+time.Duration(i)*time.Second)
			w.source.Watch(watching(name, settled, func(w *Subscription) { w.Schedule = every(2 * time.Second) }))
		}
		w.after(5 * time.Minute)
		for i := range 1000 {
			w.expectCalls(fmt.Sprint("job_a", i), 0, "of an old job")
		}
	})
}

// spread looks for the first time at some time after the beginning, and then once a minute.
type spread struct {
	every
	first time.Duration
}

func (s spread) First(now time.Time) time.Time { return now.Add(s.first) }

func TestFirstListAfterARestartBringsThoseWhoAreNotDueYet(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 1000, func(w *world, _ *account) {
		for i := range 1000 {
			schedule := spread{every(time.Minute), time.Duration(i) * 60 * time.Millisecond}
			w.source.Watch(watching(fmt.Sprint("a", i), settled, func(w *Subscription) { w.Schedule = schedule }))
		}
		w.after(3 * time.Second)
		for i := range 1000 {
			w.source.mu.Lock()
			known := w.source.subscribers[Key{"ns", fmt.Sprint("a", i)}].served
			w.source.mu.Unlock()
			if !known {
				w.t.Fatalf("job %d was not looked at", i)
			}
		}
	})
}

func TestWatcherThatTurnsToAnotherJobStartsAfresh(t *testing.T) {
	inWorld(t, ample, func(w *world) {
		w.source.Watch(watching("a"))
		w.after(time.Second)
		turned := watching("a", func(w *Subscription) { w.JobID = "job_b" })
		if o := w.latest(turned); o != nil {
			w.t.Errorf("told of another job than it watches: %+v", o)
		}
		w.after(time.Second)
		if o := w.latest(turned); o == nil || o.Job == nil || o.Job.ID != "job_b" {
			w.t.Errorf("told %+v, want its own job", o)
		}
	})
}
