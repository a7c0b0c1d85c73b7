// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"
)

// judgeEnd finds fault with what actors know after a calm time.
func (s *simulation) judgeEnd() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judgeLists()
	for key, a := range s.actors {
		if a.gone || a.away {
			continue
		}
		patience := s.patience(a)
		if since := a.pendingSince(); !since.IsZero() && time.Since(since) > patience {
			s.failf("%s has waited for an answer for %v: %+v", key.Name, time.Since(since), a.subscription.Request)
		}
		if a.told == nil || a.told.Job != nil && a.subscription.Schedule.Next(*a.told).IsZero() {
			continue
		}
		s.judgeKnowledge(a, s.end.Add(-patience))
	}
}

// judgeKnowledge finds fault with an actor that does not know what has been so since a time.
func (s *simulation) judgeKnowledge(a *actor, since time.Time) {
	l := s.account.lives[a.subscription.JobID]
	if l.fails(s.end) || since.Before(s.calm) || since.Before(a.touched) {
		return // A list may bring what a GET does not, or it was not calm for long enough.
	}
	if a.told.Overdue != nil && a.told.Overdue.Kind == Unauthorized {
		s.failf("%s believes that its credentials are refused", a.subscription.Key.Name)
	}
	before, after := l.step(since), l.step(s.end)
	switch {
	case before != after:
		// Not for long enough.
	case before < 0 && a.told.Fault == nil:
		s.failf("%s does not know that nobody can read its job: %+v", a.subscription.Key.Name, a.told)
	case before >= 0 && (a.told.Job == nil || s.stepOf(*a.told.Job) != before):
		s.failf("%s does not know that its job is %q: %+v", a.subscription.Key.Name, l.states[before], a.told)
	}
}

// inspect finds fault with the books of the source, and with what actors have not been told.
func (s *simulation) inspect() {
	s.source.mu.Lock()
	defer s.source.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, w := range s.source.subscribers {
		session := w.entry.session
		if s.source.sessions[session.key] != session {
			s.failf("the source has lost the session of %s", key.Name)
		}
		if !slices.Contains(w.entry.subscribers, w) || session.entries[w.JobID] != w.entry {
			s.failf("%s subscribes to a job that the session does not know", key.Name)
		}
	}
	for _, session := range s.source.sessions {
		s.inspectSession(session)
	}
	for _, a := range s.actors {
		if w := s.source.subscribers[a.subscription.Key]; w != nil && !a.gone && !a.away {
			s.judgeSilence(a, w.entry.session.api.(*simulatedClient), time.Now()) // The source has no others.
		}
	}
}

func (s *simulation) inspectSession(session *session) {
	queued := session.waiting.len() + session.ready.len()
	if (queued > 0 || len(session.lists) > 0) && session.index < 0 && session.inFlight == 0 && len(session.walks) == 0 {
		s.failf("a session has entries that wait, and nothing to do")
	}
	gets, now := 0, time.Now()
	held := session.breaker.state(now) == open && session.breaker.until.Sub(now) > shortPause
	for _, l := range session.lists {
		for key, w := range l.subscribers {
			if held && session.breaker.blocksLists() && w.answered.Generation != w.Request.Generation &&
				now.Sub(later(w.since, session.breaker.opened)) > 2*overdueInterval {
				s.failf("%s waits for a list, and is not told why there is none", key.Name)
			}
		}
	}
	for id, e := range session.entries {
		// While its request was in flight, it did not wait.
		waits := later(later(session.breaker.opened, e.due), e.latest.Answered)
		if held && e.queue == &session.ready && now.Sub(waits) > 2*overdueInterval {
			for _, w := range e.subscribers {
				if w.answered.Generation != w.Request.Generation && now.Sub(w.since) > 2*overdueInterval {
					s.failf("%s waits, and is not told why nothing is polled", w.Key.Name)
				}
			}
		}
		where := 0
		for _, there := range []bool{e.queue == &session.waiting, e.queue == &session.ready, e.cancel != nil} {
			if there {
				where++
			}
		}
		if where > 1 || len(e.subscribers) > 0 && !e.next.IsZero() && where != 1 || (e.index >= 0) != (e.queue != nil) {
			s.failf("%s stands in %d places", id, where)
		}
		if e.cancel != nil {
			gets++
		} else if len(e.subscribers) == 0 {
			s.failf("%s is kept for nobody", id)
		}
		if e.queue != nil {
			queued--
		}
	}
	if gets != session.inFlight || queued != 0 {
		s.failf("a session counts %d GETs and has %d, and has %d entries in its queues that it does not know", session.inFlight, gets, queued)
	}
}

// judgeSilence finds fault with a source that does not say that what it said is old, or why it says nothing.
func (s *simulation) judgeSilence(a *actor, c *simulatedClient, now time.Time) {
	name, id := a.subscription.Key.Name, a.subscription.JobID
	// It takes its time to read, polls are checked once a second, and a poll may be late and its response too.
	slack := 2*overdueAfter + overdueInterval + 4*time.Second
	longest := a.subscription.Schedule.(cadence).longest() // There are no others.
	last := later(c.brought[id], a.touched)
	for _, other := range s.actors {
		if other.subscription.JobID == id {
			last = later(last, other.touched) // The poll that was due may have been for somebody else.
		}
	}
	switch {
	case a.told == nil && a.wants() && now.Sub(later(a.joined, a.touched)) > 2*time.Minute+slack:
		s.failf("%s has been told nothing for %v", name, now.Sub(a.joined))
	case a.told != nil && a.told.Job != nil && a.told.Overdue == nil && a.wants() && now.Sub(last) > longest*11/10+slack:
		s.failf("%s is not told that nobody has confirmed for %v what it knows", name, now.Sub(last))
	case a.subscription.Urgent && a.answered.Generation != a.subscription.Request.Generation && c.asking[id] == 0 && c.pausedTo.Sub(now) > shortPause+overdueInterval &&
		now.Sub(later(c.pausedFrom, last)) > 2*overdueInterval:
		s.failf("%s waits, and is not told of a pause that began %v ago", name, now.Sub(c.pausedFrom))
	}
}

// judgeLeftovers finds fault with what is left when everybody has gone.
func (s *simulation) judgeLeftovers() {
	s.source.mu.Lock()
	defer s.source.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if left := len(s.source.subscribers) + len(s.source.listSubscribers) + len(s.source.sessions) + s.source.schedule.len() + s.source.inFlight; left != 0 {
		s.failf("%d things are left of subscribers that are gone", left)
	}
	for _, client := range s.clients {
		if len(client.polls)+client.rules.pages != 0 {
			s.failf("%d calls are in flight for nobody", len(client.polls)+client.rules.pages)
		}
	}
}
