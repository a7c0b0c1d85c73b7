// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// listing is a ListSubscription for all jobs, once a minute; each change changes one thing about it.
func listing(name string, changes ...func(*ListSubscription)) ListSubscription {
	w := ListSubscription{
		Key: Key{"ns", name}, UID: "uid-" + name, Credentials: credentials("secret", "key"), Request: Request{Generation: 1},
		Match: func(*vectara.Job) bool { return true }, Interval: time.Minute, Enqueue: func(Key) {},
	}
	for _, change := range changes {
		change(&w)
	}
	return w
}

func ofStates(states ...string) func(*ListSubscription) {
	return func(w *ListSubscription) {
		w.States = states
		w.Match = func(job *vectara.Job) bool { return slices.Contains(states, job.State) }
	}
}

func since(ago time.Duration) func(*ListSubscription) {
	return func(w *ListSubscription) { w.Window = Window{LookBack: ago} }
}

// waking counts how often a watcher is woken.
func waking(n *atomic.Int64) func(*ListSubscription) {
	return func(w *ListSubscription) { w.Enqueue = func(Key) { n.Add(1) } }
}

// listed is what a watcher reads.
func (w *world) listed(watch ListSubscription) Listing {
	w.t.Helper()
	l, ok := w.source.WatchList(watch)
	if !ok {
		w.t.Fatalf("nothing was listed for %s", watch.Key.Name)
	}
	return l
}

func (w *world) expectListed(watch ListSubscription, want ...string) {
	w.t.Helper()
	var got []string
	for _, job := range w.listed(watch).Jobs {
		got = append(got, job.ID)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("%s lists %v, want %v", watch.Key.Name, got, want)
	}
}

func (w *world) expectPages(a *account, want int, when string) {
	w.t.Helper()
	if got := a.pages(); got != want {
		w.t.Errorf("%s: %d pages, want %d", when, got, want)
	}
}

func TestAListBringsWhatMatches(t *testing.T) {
	inAccount(t, ample, 3, func(w *world, a *account) {
		a.add("ended", "completed", time.Second)
		a.add("old", "started", -2*time.Hour)
		a.jobs["job_undated"] = vectara.Job{ID: "job_undated", State: "started"}
		everything, active, recent := listing("everything"), listing("active", ofStates("started")), listing("recent", since(time.Hour))
		own := listing("own", func(w *ListSubscription) { w.Match = func(job *vectara.Job) bool { return job.ID == "job_a1" } })
		for _, watch := range []ListSubscription{everything, active, recent, own} {
			w.source.WatchList(watch)
		}
		w.after(time.Second)
		w.expectListed(everything, "job_a0", "job_a1", "job_a2", "job_ended", "job_old", "job_undated")
		w.expectListed(active, "job_a0", "job_a1", "job_a2", "job_old", "job_undated")
		w.expectListed(own, "job_a1")
		if got := w.listed(recent); len(got.Jobs) != 4 || slices.ContainsFunc(got.Jobs, func(f Found) bool { return f.ID == "job_old" }) {
			w.t.Errorf("a window of an hour holds %v, want all but job_old", got.Jobs)
		}
		w.expectPages(a, 3, "for four who want lists of the same account, two of them the same one")
	})
}

// TestAListSaysOnWhichCorporaJobsWork holds that jobs which do not match count, if they are in the window.
func TestAListSaysOnWhichCorporaJobsWork(t *testing.T) {
	inAccount(t, ample, 0, func(w *world, a *account) {
		var woken atomic.Int64
		watch := listing("corpora", since(time.Hour), waking(&woken), func(w *ListSubscription) {
			w.CorpusKeys = []string{"legal", "hr", "legl"}
			w.Match = func(*vectara.Job) bool { return false }
		})
		w.source.WatchList(watch)
		w.after(time.Second)
		if got := w.listed(watch); got.Any || got.CorpusKeys != nil {
			t.Errorf("an empty list has %v and %q", got.Any, got.CorpusKeys)
		}
		now := time.Now()
		for id, job := range map[string]vectara.Job{
			"job_new": {CorpusKeys: []string{"legal", "other", "hr"}, CreatedAt: now}, "job_old": {CorpusKeys: []string{"legl"}, CreatedAt: now.Add(-2 * time.Hour)},
		} {
			job.ID, job.State = id, "started"
			a.mu.Lock()
			a.jobs[id] = job
			a.mu.Unlock()
		}
		before := woken.Load()
		w.after(2 * time.Minute)
		if got := w.listed(watch); !got.Any || !slices.Equal(got.CorpusKeys, []string{"hr", "legal"}) || len(got.Jobs) != 0 {
			t.Errorf("the list has %v and %q, and %v match", got.Any, got.CorpusKeys, got.Jobs)
		}
		if woken.Load() != before+1 {
			t.Errorf("woken %d times for a corpus that is new, want once", woken.Load()-before)
		}
	})
}

func TestWhoListsIsWokenForNewsOnly(t *testing.T) {
	inAccount(t, ample, 2, func(w *world, a *account) {
		var woken atomic.Int64
		watch := listing("all", waking(&woken))
		w.source.WatchList(watch)
		w.after(10 * time.Minute)
		if woken.Load() != 1 {
			w.t.Errorf("woken %d times for a list that stays the same, want once", woken.Load())
		}
		if got := a.pages(); got < 9 || got > 12 {
			w.t.Errorf("%d lists in ten minutes, want one a minute", got)
		}
		a.set("a0", "completed")
		w.after(2 * time.Minute)
		if woken.Load() != 1 {
			w.t.Error("woken because a job changed that still matches")
		}
		a.add("new", "queued", 0)
		w.after(2 * time.Minute)
		if woken.Load() != 2 {
			w.t.Errorf("woken %d times, want once more for a new job", woken.Load())
		}
	})
}

func TestTheMirrorsListServesWhoListsToo(t *testing.T) {
	for name, changes := range map[string][]func(*ListSubscription){
		"all jobs":                  nil,
		"active jobs":               {ofStates(activeStates...)},
		"jobs of the last day":      {since(24 * time.Hour)},
		"active jobs of a long day": {ofStates(activeStates...), since(25 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			inAccount(t, ample, 250, func(w *world, a *account) {
				w.observeAll(250)
				w.after(2 * time.Minute)
				before := a.pages()
				w.after(10 * time.Minute)
				with, gets := a.pages(), w.vectara.count("")
				alone := with - before
				w.source.WatchList(listing("all", changes...))
				w.after(10 * time.Minute)
				if got := a.pages() - with; got > alone+3 {
					w.t.Errorf("%d pages in ten minutes with somebody who lists, %d without", got, alone)
				}
				if got := w.vectara.count("") - gets; got > 0 {
					w.t.Errorf("%d jobs were asked for alone", got)
				}
				if got := len(w.listed(listing("all", changes...)).Jobs); got != 250 {
					w.t.Errorf("%d jobs are listed, want all", got)
				}
			})
		})
	}
}

func TestFewJobsNeedNoCallsOfTheirOwnWhileSomebodyListsThem(t *testing.T) {
	inAccount(t, ample, 3, func(w *world, _ *account) {
		w.source.WatchList(listing("all"))
		w.after(time.Second)
		w.observeAll(3, func(w *Subscription) { w.Urgent = true })
		w.after(10 * time.Minute)
		if got := w.vectara.count(""); got > 3*5 {
			w.t.Errorf("%d calls for three jobs in ten minutes, in which ten lists brought them", got)
		}
	})
}

func TestWhoComesForAJobThatWasJustListedIsAnsweredAtOnce(t *testing.T) {
	inAccount(t, ample, 3, func(w *world, a *account) {
		w.source.WatchList(listing("all"))
		w.after(time.Second)
		watch := watching("a1")
		if o := w.latest(watch); o == nil || o.Job == nil || o.Job.State != "started" || o.Request != watch.Request {
			w.t.Errorf("it reads %+v, want what the list brought", o)
		}
		w.after(9 * time.Second)
		w.expectCalls("job_a1", 0, "before its first interval is over")
		a.set("a1", "completed")
		w.after(2 * time.Second)
		w.expectCalls("job_a1", 1, "after it")

		asking := watching("a2", func(w *Subscription) { w.Request.RequestedAt = "now" })
		if o := w.latest(asking); o != nil {
			w.t.Errorf("who asks for a look by name reads %+v, want nothing yet", o)
		}
		w.source.UnwatchList(Key{"ns", "all"})
		w.after(prefetchAge)
		if o := w.latest(watching("a0")); o != nil {
			w.t.Errorf("somebody reads %+v from a list of long ago", o)
		}
	})
}

func TestAListOfEndedJobsIsMadeBesideTheMirrors(t *testing.T) {
	inAccount(t, ample, 250, func(w *world, a *account) {
		a.add("ended", "failed", time.Second)
		w.observeAll(250)
		failed := listing("failed", ofStates("failed"))
		w.source.WatchList(failed)
		w.after(5 * time.Minute)
		w.expectListed(failed, "job_ended")
		for _, query := range a.lists {
			if slices.Contains(query.States, "failed") && slices.Contains(query.States, "started") {
				w.t.Fatalf("jobs were listed that nobody wants: %v", query.States)
			}
		}
	})
}

func TestTroubleWithListsIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		kind  FaultKind
		pause time.Duration // the longest until it is over
	}{
		"lists are forbidden":         {status(403, 0), PermissionDenied, RefusedPause + time.Minute},
		"the credentials are refused": {status(401, 0), Unauthorized, RefusedPause + time.Minute},
		"a pause is asked for":        {status(429, 90*time.Second), RateLimited, 2 * time.Minute},
		"there is an outage":          {status(503, 0), Unavailable, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inAccount(t, ample, 2, func(w *world, a *account) {
				var woken atomic.Int64
				watch := listing("all", waking(&woken))
				a.spoilWith(func(vectara.ListQuery, *vectara.Page) error { return test.err })
				w.source.WatchList(watch)
				w.after(30 * time.Second)
				if got := w.listed(watch); got.Fault == nil || got.Fault.Kind != test.kind || len(got.Jobs) > 0 {
					w.t.Errorf("told %+v, want %s", got, test.kind)
				}
				if woken.Load() != 1 {
					w.t.Errorf("woken %d times, want once", woken.Load())
				}
				if got := a.pages(); got > 5 {
					w.t.Errorf("%d pages in half a minute of trouble", got)
				}
				a.spoilWith(func(vectara.ListQuery, *vectara.Page) error { return nil })
				w.after(test.pause)
				w.expectListed(watch, "job_a0", "job_a1")
			})
		})
	}
}

func TestAListThatLeadsNowhereIsAFault(t *testing.T) {
	inAccount(t, ample, 150, func(w *world, a *account) {
		a.spoilWith(func(_ vectara.ListQuery, page *vectara.Page) error {
			page.NextPageKey = "100"
			return nil
		})
		watch := listing("all")
		w.source.WatchList(watch)
		w.after(time.Second)
		got := w.listed(watch)
		if got.Fault == nil || got.Fault.Kind != InvalidResponse || len(got.Jobs) != 0 {
			w.t.Errorf("told %d jobs and %+v, want that the pages lead in a circle", len(got.Jobs), got.Fault)
		}
	})
}

func TestAListThatIsTooLongIsCut(t *testing.T) {
	inAccount(t, ample, 1, func(w *world, a *account) {
		a.spoilWith(func(query vectara.ListQuery, page *vectara.Page) error {
			page.Jobs = []vectara.Job{{ID: "job_" + query.PageKey, State: "started"}}
			page.NextPageKey = query.PageKey + "x"
			return nil
		})
		watch := listing("all", func(w *ListSubscription) { w.Interval = time.Hour })
		w.source.WatchList(watch)
		w.after(time.Minute)
		if got := w.listed(watch); !got.Truncated || len(got.Jobs) != maxPages || got.Fault != nil {
			w.t.Errorf("told %d jobs, truncated %v, %+v, want the first %d", len(got.Jobs), got.Truncated, got.Fault, maxPages)
		}
		w.expectPages(a, maxPages, "of a list without an end")
	})
}

func TestAJobThatCannotBeReadHidesNoOthers(t *testing.T) {
	inAccount(t, ample, 150, func(w *world, a *account) {
		a.spoilWith(func(_ vectara.ListQuery, page *vectara.Page) error {
			page.Dropped = 1
			return nil
		})
		watch := listing("all")
		w.source.WatchList(watch)
		w.after(time.Second)
		if got := w.listed(watch); len(got.Jobs) != 150 || got.Fault != nil {
			w.t.Errorf("told %d jobs and %+v, want those of both pages", len(got.Jobs), got.Fault)
		}
	})
}

func TestAListThatTakesLongHoldsNobodyUp(t *testing.T) {
	inAccount(t, ample, 30, func(w *world, a *account) {
		w.vectara.listDelay = 3 * time.Second
		a.spoilWith(func(query vectara.ListQuery, page *vectara.Page) error {
			if len(query.PageKey) < 60 { // The watched jobs come after three minutes.
				*page = vectara.Page{Jobs: []vectara.Job{{ID: "job_of_somebody_else"}}, NextPageKey: query.PageKey + "x"}
				return nil
			}
			page.NextPageKey = ""
			return nil
		})
		w.source.WatchList(listing("all"))
		w.observeAll(30)
		w.after(time.Minute + walkPatience + 10*time.Second)
		for i := range 30 {
			if o := w.latest(watching(fmt.Sprint("a", i), settled, minutely)); o == nil {
				w.t.Fatalf("job %d waits for a long list", i)
			}
		}
	})
}

func TestAChangedWishIsListedAtOnce(t *testing.T) {
	inAccount(t, ample, 2, func(w *world, a *account) {
		w.source.WatchList(listing("all"))
		w.after(10 * time.Second)
		changed := listing("all", func(w *ListSubscription) { w.Request.Generation = 2 }, ofStates("completed"))
		w.source.WatchList(changed)
		w.after(time.Second)
		if got := w.listed(changed); got.Request.Generation != 2 || len(got.Jobs) != 0 {
			w.t.Errorf("told %+v, want what it wants now", got)
		}
		w.expectPages(a, 2, "after a change")
		asked := changed
		asked.Request.RequestedAt = "now"
		w.source.WatchList(asked)
		w.after(time.Second)
		w.expectPages(a, 3, "after a wish by name")
		w.source.WatchList(asked)
		w.after(time.Second)
		w.expectPages(a, 3, "after the same wish")
	})
}

func TestOtherCredentialsMakeAnotherList(t *testing.T) {
	inAccount(t, ample, 2, func(w *world, a *account) {
		w.source.WatchList(listing("all"))
		w.after(time.Second)
		rotated := listing("all", func(w *ListSubscription) { w.Credentials = credentials("secret", "another") })
		if _, ok := w.source.WatchList(rotated); ok {
			w.t.Error("what was listed with other credentials is told")
		}
		w.after(time.Second)
		w.expectListed(rotated, "job_a0", "job_a1")
		w.expectPages(a, 2, "after a rotation")
	})
}

func TestNothingIsListedForWhoIsGone(t *testing.T) {
	inAccount(t, ample, 2, func(w *world, a *account) {
		var woken atomic.Int64
		w.source.WatchList(listing("all", waking(&woken)))
		w.source.UnwatchList(Key{"ns", "all"})
		w.after(time.Hour)
		if got := a.pages(); got > 1 || woken.Load() > 0 {
			w.t.Errorf("%d pages and %d wakes for somebody who is gone", got, woken.Load())
		}
		if got := len(w.source.sessions); got != 0 {
			w.t.Errorf("%d sessions are left", got)
		}
	})
}

func TestAMirrorsListThatIsGivenUpIsNoTroubleForWhoListsLater(t *testing.T) {
	inAccount(t, ample, 1150, func(w *world, a *account) {
		watch := listing("all", ofStates(activeStates...), func(w *ListSubscription) { w.Interval = 3 * time.Hour })
		w.source.WatchList(watch)
		w.after(2 * prefetchAge)
		pages := a.pages()
		w.observeAll(60) // The oldest: more pages than jobs would bring them.
		a.spoilWith(func(query vectara.ListQuery, page *vectara.Page) error {
			page.NextPageKey = query.PageKey + "1"
			return nil
		})
		w.after(30 * time.Minute)
		if a.pages() == pages {
			w.t.Fatal("the mirror has made no list")
		}
		if got := w.listed(watch); got.Fault != nil || got.Truncated || len(got.Jobs) != 1150 {
			w.t.Errorf("told %d jobs, truncated %v, %+v, want the complete list of before", len(got.Jobs), got.Truncated, got.Fault)
		}
	})
}

func TestWalkThatWouldTakeFiftyPagesForFortyFiveJobsIsCutShort(t *testing.T) {
	inAccount(t, Limits{RequestsPerSecond: 20, Burst: 40}, 5000, func(w *world, a *account) {
		w.source.WatchList(listing("all", func(w *ListSubscription) { w.Interval = time.Hour }))
		w.after(2 * prefetchAge)
		pages := a.pages()
		for i := range 45 { // A crowd, which a list would bring if it had less than fifty pages.
			w.source.Watch(watching(fmt.Sprint("a", i)))
		}
		w.after(10 * time.Second)
		if got := a.pages() - pages; got > 5 {
			w.t.Errorf("%d pages for 45 jobs, where a list takes fifty", got)
		}
		w.expectCalls("", 45, "for 45 newcomers")
	})
}

func TestWhoComesToListWhileCredentialsAreRefusedIsTold(t *testing.T) {
	inAccount(t, ample, 1, func(w *world, a *account) {
		w.vectara.respond(failing(status(401, 0)))
		a.spoilWith(func(vectara.ListQuery, *vectara.Page) error { return status(401, 0) })
		w.source.Watch(watching("a0"))
		w.source.Watch(watching("a1"))
		w.after(15 * time.Second) // The second refusal of the probe leaves no doubt.
		var woken atomic.Int64
		watch := listing("all", waking(&woken))
		for generation := range int64(3) {
			watch.Request.Generation = generation + 1
			w.source.WatchList(watch)
			w.after(time.Second)
			if got := w.listed(watch); got.Fault == nil || got.Fault.Kind != Unauthorized || got.Request != watch.Request {
				w.t.Errorf("told %+v, want that the credentials are refused", got)
			}
		}
		w.after(2 * time.Minute)
		if woken.Load() != 3 {
			w.t.Errorf("woken %d times, want once for each wish", woken.Load())
		}
		w.expectPages(a, 0, "while the credentials are refused")
	})
}
