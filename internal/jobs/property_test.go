// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds     = flag.Uint64("seeds", usualSeeds, "how many seeds TestWhateverHappens tries")
	firstSeed = flag.Uint64("first-seed", 1, "the first of them")
	onlySeed  = flag.Uint64("seed", 0, "the only seed that TestWhateverHappens tries, if it is not 0")
)

// TestWhateverHappens makes up accounts, faults and subscribers, and holds the source to what it promises, whatever happens:
//
//   - What a subscriber is told is what Vectara returned for its job and with its credentials, in the order of the calls.
//   - It is told of everything that lasts, and of every request, soon after the faults are over.
//   - What nobody has been able to confirm for half a minute, the subscriber is told so, and why.
//   - Calls keep the budget, the cap, and the pauses. No job has two GETs in flight at a time.
//   - Vectara is asked about no job that nobody waits for, and about none alone before it is due.
//   - Credentials that are refused whatever is asked are left alone. Lists that fail are too.
//   - Who lists jobs is told what lists brought that match, and after the faults are over of all that match.
//   - Nobody is enqueued without news, and no news goes without being enqueued.
//   - Nothing is left when everybody has gone.
func TestWhateverHappens(t *testing.T) {
	first, last := *firstSeed, *firstSeed+*seeds-1
	if *onlySeed != 0 {
		first, last = *onlySeed, *onlySeed
	}
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSimulation(seed)
				s.run(t)
				for _, failure := range s.failures {
					t.Error(failure)
				}
				if *onlySeed != 0 || t.Failed() {
					t.Logf("again: go test ./internal/jobs -run TestWhateverHappens -seed %d", seed)
					t.Logf("%d calls, %d of them for pages; %d actors, %d jobs, %d listers, lists: %q; the slowest news took %v",
						s.calls, s.pages, len(s.actors), len(s.account.lives), len(s.lists), s.account.lists, s.slowest)
				}
			})
		})
	}
}

// enqueue judges what the source has to tell an actor. The source calls it with its lock held.
func (s *simulation) enqueue(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	w, a := s.source.subscribers[key], s.actors[key]
	switch {
	case w == nil || !w.served:
		s.failf("%s is enqueued, and there is nothing to read", key.Name)
		return
	case (a.gone || a.away) && !a.touched.Equal(now):
		s.failf("%s is enqueued after it was forgotten", key.Name)
		return
	case a.touched.Equal(now) && (w.UID != a.subscription.UID || keyOf(w.Credentials) != keyOf(a.subscription.Credentials)):
		return // It was for its predecessor, or with its former credentials.
	}
	o := w.view()
	s.judge(a, w.entry.session.api.(*simulatedClient), &o, now) // The source has no others.
	a.toldAt = now
	// It takes its time to read that.
	time.AfterFunc(time.Duration(s.account.dice("reads", key.Name, "", now)*float64(3*time.Second)), func() { s.read(key) })
}

// judge finds fault with what an actor is told.
func (s *simulation) judge(a *actor, client *simulatedClient, o *Observation, now time.Time) {
	name := a.subscription.Key.Name
	if client.key != keyOf(a.subscription.Credentials) {
		s.failf("%s is told what was seen with other credentials", name)
	}
	if !o.Asked.IsZero() && o.Asked.Before(a.newest) {
		s.failf("%s is told what was asked %v before what it was told", name, a.newest.Sub(o.Asked))
	}
	if a.told != nil && !a.told.Asked.IsZero() && a.told.sameResult(o) && a.told.Request == o.Request {
		s.failf("%s is enqueued without news", name)
	}
	if o.Answered.After(now) || o.Answered.Before(o.Asked) || o.Job != nil && o.Fault != nil || o.Job == nil && o.Fault == nil && o.Overdue == nil {
		s.failf("%s is told nonsense: %+v", name, o)
	}
	if !a.mayClaim(o) {
		s.failf("%s is told that a call %v ago answers %+v; generations: %v, by name: %v", name, now.Sub(o.Asked), o.Request, a.generations, a.byName)
	}
	if !client.returned(a.subscription.JobID, o, now) {
		s.failf("%s is told what Vectara did not say: %+v", name, o)
	}
	if o.Overdue != nil && o.Overdue.Kind == Unauthorized && !client.refusedAll {
		s.failf("%s is told that its credentials are refused, and no two jobs were", name)
	}
	patience := s.patience(a) // As of what it believed until now.
	a.told, a.answered, a.newest = o, o.Request, later(a.newest, o.Asked)
	a.forgotten = a.forgotten && o.Asked.IsZero()
	if o.Job == nil {
		return
	}
	step := s.stepOf(*o.Job)
	if step < a.seen {
		s.failf("%s is told of state %d of its job after state %d", name, step, a.seen)
	}
	a.seen = step
	l := s.account.lives[a.subscription.JobID]
	if ended := l.ended(); ended.After(s.calm) && step == len(l.states)-1 && a.touched.Before(ended) && l.failing == "" {
		s.slowest = max(s.slowest, now.Sub(ended))
		if lag := now.Sub(ended); lag > patience {
			s.failf("%s is told of the end of its job after %v", name, lag)
		}
	}
}

// patience is how long news may take in the calm time: an interval, what a walk may add to it, and the budget.
func (s *simulation) patience(a *actor) time.Duration {
	interval := a.subscription.Schedule.(cadence).longest() // There are no others.
	if a.told != nil && a.told.Fault != nil {
		interval = max(interval, recheck)
		if a.told.Fault.Kind == Unauthorized {
			interval = RefusedPause
		}
	}
	queue := float64(2*len(s.account.lives)+2*len(s.actors)) / s.limits.RequestsPerSecond
	patience := interval*5/4 + time.Duration(queue*float64(time.Second)) + 20*s.account.latency + walkPatience + 3*time.Second
	switch s.account.lists {
	case "429":
		patience += time.Duration(2+len(s.lists)) * MaxBackoff
	case "429 with a pause":
		patience += time.Duration(2+len(s.lists)) * 3 * time.Minute // For a page of each kind of walk, in a row.
	}
	refused, hanging := 0, 0
	for _, l := range s.account.lives {
		if l.fails(s.calm) && l.failing == "401" {
			refused++
		}
		if l.fails(s.calm) && l.failing == "hang" {
			hanging++
		}
	}
	if refused > 1 {
		patience += RefusedPause // Two jobs in a row that are refused may be held against the credentials.
	}
	if hanging > 0 {
		patience += probeLease
	}
	if s.account.lives[a.subscription.JobID].failing == "hang" {
		patience += 5 * time.Minute
	}
	return patience
}

// read has an actor read what is known, and finds fault if it was not told of that.
func (s *simulation) read(key Key) {
	s.mu.Lock()
	a, ok := s.actors[key]
	if !ok || a.gone || a.away {
		s.mu.Unlock()
		return
	}
	if a.told != nil && a.told.Request == a.subscription.Request {
		a.subscription.Urgent = false
	}
	subscription := a.subscription
	s.mu.Unlock()

	o, ok := s.source.Watch(subscription)
	client := s.clientOf(key)

	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	switch {
	case ok && a.told == nil && a.touched.Equal(now):
		s.judge(a, client, &o, now) // A list has just brought what it came for.
	case a.toldAt.Equal(now) || a.touched.Equal(now):
		// What it reads and what it is told may have crossed.
	case !ok && a.told != nil && a.told.Asked.IsZero():
		// It is not overdue any more, and what a poll brought is older than what it knows.
	case ok != (a.told != nil):
		s.failf("%s reads %+v, and was told %+v", key.Name, o, a.told)
	case ok && (!o.sameResult(a.told) || o.Request != a.told.Request):
		s.failf("%s reads %+v without having been enqueued, and was told %+v", key.Name, o, a.told)
	}
}

// clientOf is the client that a subscriber's job is polled with.
func (s *simulation) clientOf(key Key) *simulatedClient {
	s.source.mu.Lock()
	defer s.source.mu.Unlock()
	if w, ok := s.source.subscribers[key]; ok {
		return w.entry.session.api.(*simulatedClient) // The source has no others.
	}
	return nil
}
