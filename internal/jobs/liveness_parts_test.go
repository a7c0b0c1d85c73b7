// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"testing"
	"time"
)

func TestHangingJobsSlowNoOther(t *testing.T) {
	for _, hanging := range []int{1, 64, 100} {
		for lists, failure := range map[string]*partialFailure{"lists work": nil, "lists are forbidden": {status: 403}} {
			t.Run(fmt.Sprintf("%d of them, %s", hanging, lists), func(t *testing.T) {
				inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
					w.account.set(func(a *partialAccount) {
						a.list = failure
						for i := range hanging {
							id := fmt.Sprintf("job_hanging%05d", i)
							a.jobs[id], a.lost[id] = &partialFailure{hangs: true}, true
						}
					})
					w.jobs("hanging", hanging, 2*time.Hour)
					w.after(time.Second)
					w.jobs("running", 500, 2*time.Hour, afterRestart)
					w.after(2 * time.Minute)
					w.mark()
					w.after(10 * time.Minute)
					w.expectPunctual("running", 25*time.Second)
					if hanging > maxInFlight && failure != nil {
						w.expectAllSay("running", "") // At first, nothing told this from an outage.
					} else {
						w.expectNobodySaid("running")
					}
					w.expectAllSay("hanging", Unavailable)
					w.subscribe(w.unwatchedJobs("fresh", 1, time.Hour)[0])
					w.after(15 * time.Second)
					w.expectFirstWithin("fresh", 12*time.Second)
				})
			})
		}
	}
}

func TestWalksGoOnWhileManyRequestsHangForMinutes(t *testing.T) {
	for _, hanging := range []int{64, 100} {
		t.Run(fmt.Sprint(hanging), func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				w.jobs("running", 500, 2*time.Hour)
				w.after(3 * time.Minute)
				w.account.set(func(a *partialAccount) {
					for i := range hanging {
						id := fmt.Sprintf("job_hanging%05d", i)
						a.jobs[id], a.lost[id] = &partialFailure{hangs: true}, true
					}
				})
				w.jobs("hanging", hanging, 2*time.Hour, func(s *objectSubscription) { s.timeout = 5 * time.Minute })
				w.mark()
				w.after(15 * time.Minute)
				w.expectPunctual("running", staleAfter)
				w.expectNobodySaid("running")
			})
		})
	}
}

func TestHangingJobsThatAreUnwatchedAreGivenUp(t *testing.T) {
	inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
		w.account.set(func(a *partialAccount) { a.get, a.list = &partialFailure{hangs: true}, &partialFailure{hangs: true} })
		for _, name := range w.jobs("hanging", 200, 2*time.Hour) {
			w.after(100 * time.Millisecond)
			w.source.unwatch(Key{"ns", name})
		}
		w.after(time.Minute)
		if used := w.after(time.Hour); used.all() > 0 {
			w.Errorf("%v for nobody", used)
		}
	})
}

func TestWalksGoOnWhileGetsFail(t *testing.T) {
	failures := map[string]*partialFailure{"503": {status: 503}, "404": {status: 404}, "no response": {hangs: true}}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				w.jobs("running", 1000, 2*time.Hour)
				w.after(3 * time.Minute)
				w.account.set(func(a *partialAccount) { a.get = failure })
				w.mark()
				w.after(10 * time.Minute)
				w.expectPunctual("running", staleAfter)
				// A job that was polled by GET says so until the next walk.
				if failed := w.which("running", func(s *watchingObject) bool { return s.says != "" }); len(failed) > 50 {
					w.Errorf("%d jobs say that something is wrong though lists show them", len(failed))
				}
			})
		})
	}
}

func TestJobsThatListsNeverShowArePolledBesideWalks(t *testing.T) {
	inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
		w.account.set(func(a *partialAccount) {
			for i := range 300 {
				a.lost[fmt.Sprintf("job_running%05d", 3*i)] = true
			}
		})
		w.jobs("running", 1000, 2*time.Hour)
		w.after(5 * time.Minute)
		w.mark()
		used := w.after(10 * time.Minute)
		w.expectPunctual("running", 20*time.Second)
		w.expectNobodySaid("running")
		w.expectRequests("10 minutes", used, requestCount{gets: 4500, pages: 250, walks: 40})
	})
}

func TestNewObjectIsPolledWithinSecondsWhateverListsDo(t *testing.T) {
	cases := map[string]func(*partialAccount){
		"a page takes 10 s":  func(a *partialAccount) { a.pageLatency = 10 * time.Second },
		"lists are empty":    func(a *partialAccount) { a.empty = true },
		"lists are 60 s old": func(a *partialAccount) { a.lag = time.Minute },
	}
	for name, failure := range listFailures() {
		cases[name] = func(a *partialAccount) { a.list = failure }
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				w.account.set(spoil)
				w.jobs("running", 400, 2*time.Hour, afterRestart)
				w.after(time.Minute)
				for i := range 40 {
					w.jobs(fmt.Sprint("new", i), 1, time.Second)
					w.after(7 * time.Second)
				}
				w.after(10 * time.Second)
				w.expectFirstWithin("new", 6*time.Second)
				w.expectNobodySaid("new", Unauthorized)
			})
		})
	}
}

func TestCredentialsThatFailSlowNoOthers(t *testing.T) {
	failures := map[string]*partialFailure{
		"401": {status: 401}, "429 with a pause": {status: 429, pause: time.Minute}, "503": {status: 503}, "no response": {hangs: true},
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				w.account.set(func(a *partialAccount) { a.keys["bad"] = failure })
				w.jobs("bad", 300, 2*time.Hour, func(s *objectSubscription) { s.credentials.APIKey, s.secret = "bad", "other" })
				w.jobs("running", 300, 2*time.Hour)
				w.after(2 * time.Minute)
				w.expectNoOldNews("bad")
				w.mark()
				from := time.Now()
				w.after(10 * time.Minute)
				w.expectPunctual("running", 20*time.Second)
				w.expectNobodySaid("running")
				bad := 0
				for _, r := range w.requests(from) {
					if r.key == "bad" {
						bad++
					}
				}
				if bad > 60 {
					w.Errorf("%d requests in 10 minutes with credentials for which all fails", bad)
				}
			})
		})
	}
}

func TestRecoveryLeavesNoMark(t *testing.T) {
	cases := map[string]func(a *partialAccount, f *partialFailure){
		"GET":                func(a *partialAccount, f *partialFailure) { a.get = f },
		"LIST":               func(a *partialAccount, f *partialFailure) { a.list = f },
		"GET and LIST":       func(a *partialAccount, f *partialFailure) { a.get, a.list = f, f },
		"the token endpoint": func(a *partialAccount, f *partialFailure) { a.token, a.tokenLife = f, 30*time.Second },
	}
	failures := map[string]*partialFailure{
		"401": {status: 401}, "403": {status: 403}, "429": {status: 429}, "429 with a pause": {status: 429, pause: time.Minute},
		"503": {status: 503}, "no response": {hangs: true},
	}
	for what, set := range cases {
		for how, failure := range failures {
			t.Run(what+" "+how, func(t *testing.T) {
				inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
					w.account.set(func(a *partialAccount) { a.tokenLife = 30 * time.Second })
					w.jobs("running", 300, 2*time.Hour, withClient)
					w.after(5 * time.Minute)
					w.expectNobodySaid("running")
					before := w.after(5 * time.Minute)
					w.account.set(func(a *partialAccount) { set(a, failure) })
					w.after(8 * time.Minute)
					w.account.set(func(a *partialAccount) { set(a, nil) })
					w.after(12 * time.Minute)
					w.mark()
					after := w.after(5 * time.Minute)
					w.expectAllSay("running", "")
					w.expectPunctual("running", 20*time.Second)
					if after.all() > before.all()*5/4+10 || after.all()*5/4+10 < before.all() {
						w.Errorf("5 minutes after: %v; 5 minutes before: %v", after, before)
					}
				})
			})
		}
	}
}
