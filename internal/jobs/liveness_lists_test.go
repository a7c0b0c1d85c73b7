// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"testing"
	"time"
)

// listFailures are the ways in which LIST fails while GET works.
func listFailures() map[string]*partialFailure {
	return map[string]*partialFailure{
		"429":                  {status: 429},
		"429 with a pause":     {status: 429, pause: 2 * time.Second},
		"401":                  {status: 401},
		"403":                  {status: 403},
		"503":                  {status: 503},
		"no response for 30 s": {hangs: true},
	}
}

func TestPollsGoOnAndWalksCoolDownWhileListsFail(t *testing.T) {
	for name, failure := range listFailures() {
		for _, n := range []int{150, 400, 1000} {
			t.Run(fmt.Sprintf("%s, %d jobs", name, n), func(t *testing.T) {
				inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
					w.account.set(func(a *partialAccount) { a.list = failure })
					w.jobs("running", n, 2*time.Hour, afterRestart)
					w.after(2 * time.Minute)
					w.mark()
					used := w.after(8 * time.Minute)
					w.expectPunctual("running", 20*time.Second)
					w.expectNobodySaid("running")
					w.expectRequests("8 minutes without lists", used, requestCount{gets: n * 10, pages: 6, walks: 6})
				})
			})
		}
	}
}

func TestWalksAreMadeAgainSoonAfterListsWork(t *testing.T) {
	for name, failure := range listFailures() {
		for _, n := range []int{150, 1000} {
			t.Run(fmt.Sprintf("%s, %d jobs", name, n), func(t *testing.T) {
				inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
					w.account.set(func(a *partialAccount) { a.list = failure })
					w.jobs("running", n, 2*time.Hour, afterRestart)
					w.after(100 * time.Second)
					w.account.set(func(a *partialAccount) { a.list = nil })
					w.after(150 * time.Second)
					w.mark()
					used := w.after(3 * time.Minute)
					w.expectRequests("3 minutes, two and a half after lists work", used, requestCount{gets: n / 4, pages: 5 * ((n + 99) / 100), walks: 6})
					w.expectPunctual("running", 20*time.Second)
					w.expectNobodySaid("running")
				})
			})
		}
	}
}

func TestWalksAreMadeAgainWithinAMinuteOfLists(t *testing.T) {
	cases := map[string]struct {
		wrong, right func(*partialAccount)
		wrongFor     time.Duration
	}{
		"that showed new jobs 5 s late": {
			wrong:    func(a *partialAccount) { a.lag = 5 * time.Second },
			right:    func(*partialAccount) {}, // It stays like that.
			wrongFor: 5 * time.Second,
		},
		"that were wrongly empty for 60 s": {
			wrong:    func(a *partialAccount) { a.empty = true },
			right:    func(a *partialAccount) { a.empty = false },
			wrongFor: time.Minute,
		},
		"that lost the jobs for 60 s": {
			wrong: func(a *partialAccount) {
				for i := range 150 {
					a.lost[fmt.Sprintf("job_new%05d", i)] = true
				}
			},
			right:    func(a *partialAccount) { clear(a.lost) },
			wrongFor: time.Minute,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				w.account.set(c.wrong)
				w.jobs("new", 150, 0)
				w.after(c.wrongFor)
				w.account.set(c.right)
				w.expectNobodySaid("new")
				w.after(75 * time.Second)
				w.mark()
				used := w.after(20 * time.Second)
				w.expectRequests("20 s, 75 s after lists work", used, requestCount{gets: 40, pages: 30, walks: -1})
				if used.pages == 0 {
					w.Errorf("%v in 20 s for 150 young jobs", used)
				}
				w.expectPunctual("new", 15*time.Second)
				w.after(5 * time.Minute)
				used = w.after(time.Minute)
				w.expectRequests("a minute, minutes later", used, requestCount{gets: 60, pages: 20, walks: 10})
			})
		})
	}
}

func TestJobWaitsNoLongerForAWalkThanItsOwnIntervalAndTenSeconds(t *testing.T) {
	for _, place := range []string{"first", "last"} {
		t.Run(place+" on the list", func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				w.account.set(func(a *partialAccount) { a.pageLatency = 2 * time.Second })
				age := time.Minute
				if place == "last" {
					age = 3 * time.Hour
				}
				w.jobs("quick", 1, age, atInterval(time.Second))
				w.jobs("running", 1500, 2*time.Hour, afterRestart)
				w.after(2 * time.Minute)
				w.mark()
				used := w.after(10 * time.Minute)
				// A page that brought the job may have been asked for 2 s before its response.
				w.expectPunctual("quick", 13*time.Second)
				w.expectPunctual("running", 50*time.Second)
				w.expectRequests("10 minutes", used, requestCount{gets: 3000, pages: 260, walks: -1})
			})
		})
	}
}

func TestRunningJobsSayThatListsPauseThemOnceOverdue(t *testing.T) {
	inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
		w.jobs("running", 200, 2*time.Hour, afterRestart)
		w.after(3 * time.Minute)
		w.expectNobodySaid("running")
		w.account.set(func(a *partialAccount) { a.list = &partialFailure{status: 429, pause: 100 * time.Second} })
		paused := w.waitFor(3*time.Minute, func(r madeRequest) bool { return r.kind == "list jobs" })
		w.after(5 * time.Second)
		w.mark()
		if used := w.after(90 * time.Second); used.all() > 0 {
			w.Errorf("%v in a pause that Vectara asked for", used)
		}
		w.expectNoOldNews("running")
		told := w.which("running", saidAny(RateLimited))
		if len(told) < 50 {
			w.Errorf("%d of 200 jobs said RateLimited 95 s into a pause of 100 s", len(told))
		}
		early := w.which("running", func(s *watchingObject) bool {
			return !s.said[RateLimited].IsZero() && s.said[RateLimited].Sub(s.due) < staleAfter-time.Second
		})
		if len(early) > 0 {
			w.Errorf("%d jobs said RateLimited before they were overdue for %v, %s for one", len(early), staleAfter, early[0])
		}
		w.account.set(func(a *partialAccount) { a.list = nil })
		w.after(time.Until(paused.Add(100*time.Second + 30*time.Second)))
		w.expectAllSay("running", "")
	})
}
