// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"maps"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// maxListPages and listDeadline bound a list that somebody wants for its own sake. Longer ones are cut.
	maxListPages = 1000
	listDeadline = 10 * time.Minute

	// holdLimit is for how long a job that is due waits for a long list to come to it.
	holdLimit = 10 * time.Second

	// offerAge is how old an answer of a list may be to be the first one for a watcher that comes after it. It is as old as
	// what other watchers know of jobs that are listed once a minute. When the next look is due follows from its age.
	offerAge = time.Minute
)

// collection is what a sweep gathers for somebody who lists jobs.
type collection struct {
	request Request
	since   time.Time
	due     bool // whether the sweep has to come to its end for it
	found   map[string]Found
}

// chooseSweep decides which list is made next: one that saves calls, one that somebody wants for its own sake, or one that
// does both. It returns nil if none is called for.
func (s *session) chooseSweep(now time.Time) *sweep {
	var saving *sweep
	if !s.gate.probing() {
		saving = s.lister.plan(s, now)
	}
	due := s.dueLists(now, saving != nil)
	if len(due) == 0 || s.gate.probing() && s.ready.len() > 0 {
		// A session that has been refused finds out with one job whether it may ask again.
		s.collect(saving, nil, now)
		return saving
	}
	query := queryFor(due, now)
	if saving != nil && covers(saving.query, query) {
		s.collect(saving, due, now)
		return saving
	}
	if saving != nil && !saving.query.CreatedAfter.Before(query.CreatedAfter) && overlap(saving.query.States, query.States) {
		query.States = union(query.States, saving.query.States)
	}
	wanted := newSweep(ForListing, query.States, nil, time.Time{}, maxListPages)
	wanted.query.CreatedAfter = query.CreatedAfter
	if covers(query, vectara.ListQuery{States: activeStates, CreatedAfter: query.CreatedAfter}) {
		s.expectDue(wanted, now)
	}
	if saving != nil && covers(query, saving.query) {
		maps.Copy(wanted.expected, saving.expected)
	}
	s.collect(wanted, due, now)
	return wanted
}

// dueLists are the watchers that want a list now. If there is going to be one in any case, they are joined by those whose
// turn comes soon.
func (s *session) dueLists(now time.Time, anyway bool) []*listWatcher {
	var due, soon []*listWatcher
	for _, w := range s.lists {
		switch {
		case !w.due.After(now):
			due = append(due, w)
		case !w.due.After(now.Add(time.Duration(dueSoon * float64(w.Interval)))):
			soon = append(soon, w)
		}
	}
	if anyway || len(due) > 0 {
		due = append(due, soon...)
	}
	return due
}

// queryFor is the narrowest query that brings what all watchers want.
func queryFor(watchers []*listWatcher, now time.Time) vectara.ListQuery {
	query := vectara.ListQuery{States: watchers[0].States}
	since := watchers[0].Window.Start(now)
	for _, w := range watchers[1:] {
		query.States = union(query.States, w.States)
		if start := w.Window.Start(now); start.Before(since) {
			since = start
		}
	}
	if !since.IsZero() {
		query.CreatedAfter = since.Add(-createdMargin)
	}
	return query
}

// covers reports whether a list that is made with one query has all jobs of another one's.
func covers(wide, narrow vectara.ListQuery) bool {
	states := len(wide.States) == 0 || len(narrow.States) > 0 && !slices.ContainsFunc(narrow.States, func(state string) bool {
		return !slices.Contains(wide.States, state)
	})
	return states && !wide.CreatedAfter.After(narrow.CreatedAfter)
}

// overlap and union take no states at all for all states.
func overlap(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(state string) bool { return slices.Contains(b, state) })
}

func union(a, b []string) []string {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// expectDue has a sweep bring the targets that are due now or soon, as far as it lists them.
func (s *session) expectDue(sweep *sweep, now time.Time) {
	horizon := now.Add(time.Duration(dueSoon * float64(s.longestInterval())))
	for _, t := range s.targets {
		if created := t.created(); t.listable(false) && t.wouldLike(horizon) && created.After(sweep.query.CreatedAfter.Add(createdMargin)) {
			sweep.expected[t] = true
		}
	}
}

// collect has a sweep gather what it brings for everybody whose jobs it lists all. For those who are due it goes on to its
// end.
func (s *session) collect(sweep *sweep, due []*listWatcher, now time.Time) {
	if sweep == nil {
		return
	}
	for _, w := range s.lists {
		if covers(sweep.query, queryFor([]*listWatcher{w}, now)) {
			sweep.collections[w] = &collection{
				request: w.Request, since: w.Window.Start(now), due: slices.Contains(due, w), found: map[string]Found{},
			}
		}
	}
}

// isWanted reports whether somebody wants the sweep for its own sake.
func (s *sweep) isWanted() bool {
	if s == nil {
		return false
	}
	for _, c := range s.collections {
		if c.due {
			return true
		}
	}
	return false
}

// leaveOut gathers nothing more for a watcher. A nil sweep does nothing.
func (s *sweep) leaveOut(w *listWatcher) {
	if s != nil {
		delete(s.collections, w)
	}
}

// gather takes in a page. Jobs that may be watched next, as they are active or new to somebody who lists them, are kept for
// a while.
func (s *session) gather(answer pageAnswer) {
	for i := range answer.page.Jobs {
		job := &answer.page.Jobs[i]
		_, watched := s.targets[job.ID]
		if isActive(job.State) && !watched {
			s.sweep.others++
		}
		for w, c := range s.sweep.collections {
			if !w.wants(job, c.since) {
				continue
			}
			c.found[job.ID] = Found{ID: job.ID, CreatedAt: job.CreatedAt}
			if !watched && (isActive(job.State) || !w.knows(job.ID)) {
				kept := *job
				s.offers[job.ID] = Observation{Asked: answer.asked, Answered: answer.answered, Job: &kept}
			}
		}
	}
}

// knows reports whether a job was on the last list that the watcher was told of.
func (w *listWatcher) knows(id string) bool {
	if w.latest == nil {
		return false
	}
	_, ok := slices.BinarySearchFunc(w.latest.Jobs, Found{ID: id}, byID)
	return ok
}

// takeOffer gives a watcher that has just come the answer that a list brought a moment ago, if there is one.
func (s *session) takeOffer(w *watcher, now time.Time) {
	offer, ok := s.offers[w.JobID]
	if !ok || w.latest != nil || w.rank() == requested || now.Sub(offer.Asked) > offerAge {
		return
	}
	delete(s.offers, w.JobID)
	offer.Request = w.Request
	w.hear(offer)
	w.due = w.Schedule.Next(*w.latest) // It is being read.
	w.target.lookedAt = later(w.target.lookedAt, offer.Asked)
}

// dropOldOffers forgets what nobody came for. It looks through them now and then only: there may be thousands.
func (s *session) dropOldOffers(now time.Time) {
	if len(s.offers) == 0 || now.Sub(s.offersSeen) < offerAge/4 {
		return
	}
	s.offersSeen = now
	maps.DeleteFunc(s.offers, func(_ string, o Observation) bool { return now.Sub(o.Asked) > offerAge })
}

// handOver tells those for whom a sweep gathered what it brought. Who was not due is told only of a complete list.
func (s *session) handOver(over *sweep, verdict verdict, fault *Fault, now time.Time) {
	for w, c := range over.collections {
		listing := Listing{Asked: over.began, Answered: now, Request: c.request, Since: c.since, Jobs: slices.SortedFunc(maps.Values(c.found), byID)}
		switch {
		case verdict == complete:
		case !c.due, verdict == held && fault == nil:
			continue // The gate says when the list is made, or it is made when it is due.
		case verdict == unprofitable:
			listing.Truncated = true
		default:
			listing.Fault = fault
		}
		w.hear(listing)
	}
}

// tellListsOfGate tells those who are due that nothing is asked, and why. A pause matters to those who have nothing else to
// show.
func (s *session) tellListsOfGate(now time.Time) {
	for _, w := range s.lists {
		if w.due.After(now) || s.toldOfGate(w) {
			continue
		}
		answers := Request{Generation: w.Request.Generation}
		if w.latest != nil {
			// A list that was asked for by name is still to be made.
			answers.RequestedAt = w.latest.Request.RequestedAt
		}
		w.hear(Listing{Asked: now, Answered: now, Request: answers, Fault: s.gate.fault})
	}
}

// toldOfGate reports whether somebody who lists jobs knows why nothing is asked, as far as he needs to.
func (s *session) toldOfGate(w *listWatcher) bool {
	return w.latest != nil && w.latest.Request.Generation == w.Request.Generation &&
		(s.gate.fault.Kind == RateLimited || w.latest.Fault.Is(s.gate.fault))
}

// nextList is when a list is due, or somebody is to be told that none is made; the zero time if neither is to be thought of
// before something happens.
func (s *session) nextList(now time.Time) time.Time {
	closed := s.gate.closed(now)
	mayList := s.sweep == nil && s.mayCall() && (!s.gate.probing() || s.ready.len() == 0)
	var next time.Time
	for _, w := range s.lists {
		at := w.due
		switch {
		case closed && !s.toldOfGate(w):
		case !mayList:
			continue
		case closed:
			at = later(at, s.gate.until)
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}
