// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds    = flag.Uint64("seeds", usualSeeds, "how many seeds TestWhateverHappens tries")
	onlySeed = flag.Uint64("seed", 0, "the only seed that TestWhateverHappens tries, if it is not 0")
)

// TestWhateverHappens makes up accounts, faults and watchers, and holds the source to what it promises, whatever happens:
//
//   - What a watcher is told is what Vectara returned for its job and with its credentials, in the order of the calls.
//   - It is told of everything that lasts, and of every wish, soon after the faults are over.
//   - Calls keep the budget, the cap, and the gate. No job is asked for twice at a time.
//   - Vectara is asked about no job that nobody waits for, and about none alone before it is due.
//   - Who lists jobs is told what lists brought that match, and after the faults are over of all that match.
//   - Nobody is woken without news, and no news goes without a wake.
//   - Nothing is left when everybody has gone.
func TestWhateverHappens(t *testing.T) {
	first, last := uint64(1), *seeds
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
					t.Logf("%d calls, %d of them for pages; %d actors, %d jobs, lists: %q; the slowest news took %v",
						s.calls, s.pages, len(s.actors), len(s.account.lives), s.account.lists, s.slowest)
				}
			})
		})
	}
}

// wake judges what the source has to tell an actor. The source calls it with its lock held.
func (s *simulation) wake(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	w, a := s.source.watchers[key], s.actors[key]
	switch {
	case w == nil || w.latest == nil:
		s.failf("%s is woken, and there is nothing to read", key.Name)
		return
	case a.gone && !a.touched.Equal(now):
		s.failf("%s is woken after it was forgotten", key.Name)
		return
	case a.touched.Equal(now) && w.UID != a.watch.UID:
		return // It was for its predecessor.
	}
	o := *w.latest
	s.judge(a, w.session.api.(*simulatedClient), &o, now) // The source has no others.
	a.told, a.toldAt = &o, now
	// It takes its time to read that.
	time.AfterFunc(time.Duration(s.account.dice("reads", key.Name, "", now)*float64(3*time.Second)), func() { s.read(key) })
}

// judge finds fault with what an actor is told.
func (s *simulation) judge(a *actor, client *simulatedClient, o *Observation, now time.Time) {
	name := a.watch.Key.Name
	if client.key != a.watch.Credentials.Vectara.APIKey && !a.touched.Equal(now) {
		s.failf("%s is told what was seen with other credentials", name)
	}
	if a.told != nil && o.Asked.Before(a.told.Asked) {
		s.failf("%s is told something older than before", name)
	}
	if a.told != nil && a.told.saysTheSame(o) {
		s.failf("%s is woken without news", name)
	}
	if o.Answered.After(now) || o.Answered.Before(o.Asked) || (o.Job == nil) == (o.Fault == nil) {
		s.failf("%s is told nonsense: %+v", name, o)
	}
	if !a.mayClaim(o.Request, o.Asked) {
		s.failf("%s is told that a call %v ago answers %+v; wishes: %v, %v", name, now.Sub(o.Asked), o.Request, a.wished, a.asked)
	}
	if !client.returned(a.watch.JobID, o, now) {
		s.failf("%s is told what Vectara did not say: %+v", name, o)
	}
	if o.Job == nil {
		return
	}
	step := s.stepOf(*o.Job)
	if step < a.seen {
		s.failf("%s is told of state %d of its job after state %d", name, step, a.seen)
	}
	a.seen = step
	if ended := s.account.lives[a.watch.JobID].ended(); ended.After(s.calm) && step == len(s.account.lives[a.watch.JobID].states)-1 &&
		a.touched.Before(ended) {
		s.slowest = max(s.slowest, now.Sub(ended))
		if lag := now.Sub(ended); lag > s.patience(a) {
			s.failf("%s is told of the end of its job after %v", name, lag)
		}
	}
}

// returned reports whether an observation is what the account returned.
func (c *simulatedClient) returned(id string, o *Observation, now time.Time) bool {
	for _, a := range c.answers[question{id, o.Asked}] {
		if a.returned.After(now) {
			continue
		}
		if o.Fault != nil && o.Fault.Is(a.fault) || o.Job != nil && o.Job.ID == id && a.step >= 0 && a.step == c.stepOf(*o.Job) {
			return true
		}
	}
	// What concerns all jobs of the credentials is told to those who are not asked for.
	return o.Fault.concernsSession() && slices.ContainsFunc(c.faults, func(a answer) bool {
		return !a.returned.After(o.Asked) && o.Fault.Is(a.fault)
	})
}

// patience is how long news may take in the calm time: an interval, what a sweep may add to it, and the budget.
func (s *simulation) patience(a *actor) time.Duration {
	interval := a.watch.Schedule.(cadence).longest() // There are no others.
	if a.told != nil && a.told.Fault != nil {
		interval = max(interval, recheck)
	}
	queue := float64(2*len(s.account.lives)+2*len(s.actors)) / s.limits.RequestsPerSecond
	return interval*5/4 + time.Duration(queue*float64(time.Second)) + 20*s.account.latency + holdLimit + 3*time.Second
}

// read has an actor read what is known, and finds fault if it was not told of that.
func (s *simulation) read(key Key) {
	s.mu.Lock()
	a, ok := s.actors[key]
	if !ok || a.gone {
		s.mu.Unlock()
		return
	}
	if a.told != nil && a.told.Request == a.watch.Request {
		a.watch.Urgent = false
	}
	watch := a.watch
	s.mu.Unlock()

	o, ok := s.source.Observe(watch)
	client := s.clientOf(key)

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ok && a.told == nil && a.touched.Equal(time.Now()):
		// A list has just brought what it came for.
		s.judge(a, client, &o, time.Now())
		a.told = &o
	case a.toldAt.Equal(time.Now()) || a.touched.Equal(time.Now()):
		// What it reads and what it is told may have crossed.
	case ok != (a.told != nil):
		s.failf("%s reads %+v, and was told %+v", key.Name, o, a.told)
	case ok && !o.saysTheSame(a.told):
		s.failf("%s reads %+v without having been woken, and was told %+v", key.Name, o, a.told)
	}
}

// clientOf is the client that a watcher's job is observed with.
func (s *simulation) clientOf(key Key) *simulatedClient {
	s.source.mu.Lock()
	defer s.source.mu.Unlock()
	if w, ok := s.source.watchers[key]; ok {
		return w.session.api.(*simulatedClient) // The source has no others.
	}
	return nil
}

// judgeEnd finds fault with what actors know after a calm time.
func (s *simulation) judgeEnd() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judgeLists()
	for key, a := range s.actors {
		if a.gone {
			continue
		}
		patience := s.patience(a)
		if since := a.pendingSince(); !since.IsZero() && time.Since(since) > patience {
			s.failf("%s has waited for an answer for %v: %+v", key.Name, time.Since(since), a.watch.Request)
		}
		if a.told == nil || a.told.Job != nil && a.watch.Schedule.Next(*a.told).IsZero() {
			continue
		}
		s.judgeKnowledge(a, time.Now().Add(-patience))
	}
}

// judgeKnowledge finds fault with an actor that does not know what has been so since a time.
func (s *simulation) judgeKnowledge(a *actor, since time.Time) {
	l := s.account.lives[a.watch.JobID]
	before, after := l.step(since), l.step(time.Now())
	switch {
	case before != after:
		// Not for long enough.
	case before < 0 && a.told.Fault == nil:
		s.failf("%s still believes that its job is %q", a.watch.Key.Name, a.told.Job.State)
	case before >= 0 && (a.told.Job == nil || s.stepOf(*a.told.Job) != before):
		s.failf("%s does not know that its job is %q: %+v", a.watch.Key.Name, l.states[before], a.told)
	}
}

// inspect finds fault with the books of the source.
func (s *simulation) inspect() {
	s.source.mu.Lock()
	defer s.source.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, w := range s.source.watchers {
		if s.source.sessions[w.session.key] != w.session {
			s.failf("the source has lost the session of %s", key.Name)
		}
		if !slices.Contains(w.target.watchers, w) || w.session.targets[w.JobID] != w.target {
			s.failf("%s watches a job that the session does not know", key.Name)
		}
	}
	for _, session := range s.source.sessions {
		if len(session.targets) > 0 && session.waiting.len() > 0 && session.place < 0 {
			s.failf("a session has jobs that wait, and nothing to do")
		}
		for id, t := range session.targets {
			where := 0
			for _, there := range []bool{t.queue != nil, session.sweep.brings(t), t.cancel != nil} {
				if there {
					where++
				}
			}
			if where > 1 || !t.due.IsZero() && where != 1 || (t.place >= 0) != (t.queue != nil) {
				s.failf("%s stands in %d places", id, where)
			}
		}
	}
}

// judgeLeftovers finds fault with what is left when everybody has gone.
func (s *simulation) judgeLeftovers() {
	s.source.mu.Lock()
	defer s.source.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if left := len(s.source.watchers) + len(s.source.lists) + len(s.source.sessions) + len(s.source.current) + s.source.schedule.len(); left != 0 {
		s.failf("%d things are left of watchers that are gone", left)
	}
	for _, client := range s.clients {
		if client.inFlight != 0 {
			s.failf("%d calls are under way for nobody", client.inFlight)
		}
	}
}
