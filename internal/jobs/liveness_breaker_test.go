// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"testing"
	"time"
)

func TestOnlyTheJobsThatAreRefusedSayUnauthorized(t *testing.T) {
	for _, refused := range []int{1, 2, 10} {
		for lists, failure := range map[string]*partialFailure{"lists work": nil, "lists are forbidden": {status: 403}} {
			t.Run(fmt.Sprintf("%d of them, %s", refused, lists), func(t *testing.T) {
				inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
					w.account.set(func(a *partialAccount) {
						a.list = failure
						for i := range refused {
							id := fmt.Sprintf("job_refused%05d", i)
							a.jobs[id], a.lost[id] = &partialFailure{status: 401}, true
						}
					})
					w.unwatchedJobs("refused", refused, 2*time.Hour)
					for i, name := range w.unwatchedJobs("healthy", 200, 2*time.Hour) {
						w.subscribe(name)
						if i%20 == 10 && i/20 < refused {
							w.subscribe(fmt.Sprintf("refused%05d", i/20))
						}
					}
					w.after(2 * time.Minute)
					w.expectAllSay("refused", Unauthorized)
					w.mark()
					from := time.Now()
					w.after(20 * time.Minute)
					w.expectNobodySaid("healthy")
					w.expectPunctual("healthy", 25*time.Second)
					w.expectAllSay("refused", Unauthorized)
					asked := 0
					for _, r := range w.requests(from) {
						if w.byJob[r.id] != nil && w.account.jobs[r.id] != nil {
							asked++
						}
					}
					if asked < refused || asked > 20*refused {
						w.Errorf("%d refused jobs were polled %d times in 20 minutes, want about once in five minutes each", refused, asked)
					}
				})
			})
		}
	}
}

func TestPauseEndsForAllThoughOneRequestHangs(t *testing.T) {
	inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
		w.jobs("running", 50, 2*time.Minute)
		w.jobs("unlucky", 1, 2*time.Minute)
		w.after(time.Minute)
		w.account.set(func(a *partialAccount) {
			a.jobs["job_hanging00000"], a.lost["job_hanging00000"] = &partialFailure{hangs: true}, true
		})
		w.jobs("hanging", 1, 2*time.Minute, func(s *objectSubscription) { s.timeout = 5 * time.Minute })
		w.after(time.Second)
		w.account.set(func(a *partialAccount) {
			a.nextGet["job_unlucky00000"], a.lost["job_unlucky00000"] = &partialFailure{status: 429, pause: time.Second}, true
		})
		paused := w.waitFor(2*time.Minute, func(r madeRequest) bool { return r.id == "job_unlucky00000" })
		w.after(time.Until(paused.Add(1100 * time.Millisecond)))
		w.mark()
		w.after(4 * time.Minute)
		w.expectPunctual("running", 15*time.Second)
		w.expectPunctual("unlucky", 15*time.Second)
		w.expectNobodySaid("running")
		w.after(2 * time.Minute)
		w.expectAllSay("hanging", Unavailable)
	})
}

func TestProbeThatFailsKeepsTheBreakerFromClosing(t *testing.T) {
	inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
		w.jobs("running", 300, 2*time.Minute)
		w.after(time.Minute)
		before := w.after(time.Minute)
		w.account.set(func(a *partialAccount) {
			a.get = &partialFailure{status: 429, pause: 10 * time.Second}
			a.list = a.get
		})
		paused := w.waitFor(2*time.Minute, func(madeRequest) bool { return true })
		w.after(5 * time.Second)
		w.account.set(func(a *partialAccount) {
			a.get = &partialFailure{status: 503}
			a.list = a.get
		})
		w.after(time.Until(paused.Add(10 * time.Second)))
		from := time.Now()
		w.after(10 * time.Second)
		if used := w.used(from); used.all() < 1 || used.all() > 6 {
			w.Errorf("%v in the 10 s after the pause, which all fail: want one at a time, with back-off", used)
		}
		w.after(110 * time.Second)
		if used := w.used(from); used.all() > 15 {
			w.Errorf("%v in the two minutes after the pause, which all fail: want one at a time, with back-off", used)
		}
		w.expectNoOldNews("running")
		w.account.set(func(a *partialAccount) { a.get, a.list = nil, nil })
		healed := time.Now()
		w.after(2 * time.Minute)
		w.expectConfirmedSince("running", healed)
		w.expectAllSay("running", "")
		w.after(5 * time.Minute)
		w.expectAsBefore(before)
	})
}

func TestJobThatAlwaysFailsIsNotEveryProbe(t *testing.T) {
	for name, failure := range map[string]*partialFailure{
		"401": {status: 401}, "403": {status: 403}, "404": {status: 404}, "503": {status: 503}, "429": {status: 429}, "no response": {hangs: true},
	} {
		t.Run(name, func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				w.account.set(func(a *partialAccount) { a.list = &partialFailure{status: 403} })
				w.jobs("failing", 1, time.Hour, atInterval(time.Second))
				w.jobs("running", 100, 2*time.Minute)
				w.after(time.Minute)
				w.account.set(func(a *partialAccount) {
					a.jobs["job_failing00000"] = failure
					a.nextGet["job_running00042"] = &partialFailure{status: 429, pause: 5 * time.Second}
				})
				paused := w.waitFor(time.Minute, func(r madeRequest) bool { return r.id == "job_running00042" })
				w.after(time.Until(paused.Add(5100 * time.Millisecond)))
				w.mark()
				w.after(10 * time.Minute)
				w.expectPunctual("running", 25*time.Second)
				w.expectNobodySaid("running", Unauthorized, Unavailable)
			})
		})
	}
}

// expectAsBefore expects a minute to cost about what a minute cost before something went wrong.
func (w *livenessWorld) expectAsBefore(before requestCount) {
	w.Helper()
	w.mark()
	used := w.after(time.Minute)
	if used.all() > before.all()*3/2+20 {
		w.Errorf("a minute after recovery: %v; a minute before: %v", used, before)
	}
	w.expectPunctual("running", 25*time.Second)
}

func TestTokenEndpointThatFailsIsAskedWithBackOff(t *testing.T) {
	cases := map[string]struct {
		life time.Duration
		age  time.Duration
	}{
		"from the start":         {life: 30 * time.Minute},
		"once a token runs out":  {life: 2 * time.Minute},
		"and young jobs waiting": {life: 2 * time.Minute, age: time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				w.account.set(func(a *partialAccount) { a.tokenLife = c.life })
				fail := func(a *partialAccount) { a.token = &partialFailure{status: 503} }
				if c.life == 30*time.Minute {
					w.account.set(fail)
				}
				w.jobs("running", 100, max(c.age, 10*time.Second), withClient)
				w.after(100 * time.Millisecond)
				w.account.set(fail)
				if c.life < 30*time.Minute {
					w.after(c.life)
				}
				first := w.after(time.Minute)
				w.expectRequests("the first minute", first, requestCount{gets: -1, pages: -1, walks: -1, tokens: 15})
				w.expectNoOldNews("running")
				w.expectAllSay("running", Unavailable)
				w.after(4 * time.Minute)
				later := w.after(time.Minute)
				w.expectRequests("the sixth minute", later, requestCount{gets: -1, pages: -1, walks: -1, tokens: 3})
				w.account.set(func(a *partialAccount) { a.token = nil })
				healed := time.Now()
				w.after(2 * time.Minute)
				w.expectConfirmedSince("running", healed)
				w.expectAllSay("running", "")
			})
		})
	}
}

func TestTokenEndpointThatRefusesTheClientIsLeftAlone(t *testing.T) {
	inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
		w.account.set(func(a *partialAccount) { a.token, a.latency = &partialFailure{status: 401}, 500*time.Millisecond })
		w.jobs("running", 100, 2*time.Hour, withClient)
		used := w.after(time.Minute)
		w.expectRequests("the first minute", used, requestCount{tokens: 5})
		w.expectAllSay("running", Unauthorized)
		used = w.after(9 * time.Minute)
		w.expectRequests("9 minutes more", used, requestCount{tokens: 10})
		w.expectAllSay("running", Unauthorized)
		w.account.set(func(a *partialAccount) { a.token = nil })
		healed := time.Now()
		w.after(7 * time.Minute)
		w.expectConfirmedSince("running", healed)
		w.expectAllSay("running", "")
	})
}

func TestTheSameKeyInTwoSecretsIsOneSession(t *testing.T) {
	measure := func(t *testing.T, secrets int, lists *partialFailure) (first, steady requestCount) {
		inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
			w.account.set(func(a *partialAccount) { a.list = lists })
			for i, name := range w.unwatchedJobs("running", 1000, 2*time.Hour) {
				w.subscribe(name, func(s *objectSubscription) { s.secret = fmt.Sprint("secret", i%secrets) })
			}
			first = w.after(10 * time.Second)
			w.after(2 * time.Minute)
			steady = w.after(5 * time.Minute)
		})
		return first, steady
	}
	for name, lists := range map[string]*partialFailure{"lists work": nil, "lists are forbidden": {status: 403}} {
		t.Run(name, func(t *testing.T) {
			_, one := measure(t, 1, lists)
			first, two := measure(t, 2, lists)
			if most := usualLimits.Burst + 10*int(usualLimits.RequestsPerSecond); first.all() > most {
				t.Errorf("%v in the first 10 s with two Secrets, of a budget of %d", first, most)
			}
			if two.all() > one.all()*11/10+5 {
				t.Errorf("two Secrets: %v in 5 minutes; one Secret: %v", two, one)
			}
		})
	}
}
