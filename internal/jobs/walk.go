// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// maxPages and maxWalk bound a walk. Longer lists are cut.
	maxPages = 1000
	maxWalk  = 10 * time.Minute

	// maxEmptyPages is how many pages without jobs may come in a row. Cursors that filter after paging have some.
	maxEmptyPages = 10

	// pageTimeout bounds the request for one page.
	pageTimeout = 30 * time.Second
)

// walk reads a list of jobs page by page. Every job on a page is delivered to its entry, whatever the walk is for.
type walk struct {
	purpose Purpose
	query   vectara.ListQuery
	list    *list // that somebody subscribed to; nil for the mirror's own
	began   time.Time

	inFlight  bool // whether a page is
	ended     bool
	pages     int // that were requested
	delivered int // jobs that somebody subscribed to
	saved     int // polls that were due, or soon would have been
	empty     int // pages in a row without jobs
	keys      map[string]bool
}

func newWalk(purpose Purpose, states []string, after, now time.Time) *walk {
	return &walk{
		purpose: purpose,
		query:   vectara.ListQuery{States: states, CreatedAfter: after, Limit: vectara.MaxPageSize},
		began:   now,
		keys:    map[string]bool{},
	}
}

// outcome is how a walk went.
type outcome string

const (
	// complete is for a walk that came to the end of the list.
	complete outcome = "complete"
	// satisfied is for a walk that has nothing left to deliver.
	satisfied outcome = "satisfied"
	// cutShort is for a walk that does not pay, or of a list that is longer than the source reads.
	cutShort outcome = "cut_short"
	// failed is for a walk of which a page failed or made no sense.
	failed outcome = "failed"
	// interrupted is for a walk that the breaker stopped, or that nobody wants any more.
	interrupted outcome = "interrupted"
)

// nextPage returns the walk that requests a page next; nil if there is none. Walks take turns.
func (s *session) nextPage(now time.Time) *walk {
	if s.breaker.blocksLists() && (s.breaker.state(now) == open || s.ready.len() > 0 || s.breaker.probeDue().After(now)) {
		return nil
	}
	for _, w := range s.walks {
		if !w.inFlight {
			return w
		}
	}
	return nil
}

// turnPage requests the next page of a walk.
func (s *session) turnPage(w *walk, now time.Time) {
	if s.breaker.blocksLists() {
		s.breaker.probe = probe{"", now}
	}
	w.inFlight = true
	w.pages++
	at := slices.Index(s.walks, w)
	s.walks = append(slices.Delete(s.walks, at, at+1), w)
	s.source.page(s, w, now)
}

// finishPage takes in a page, or the fault that came in its place.
func (s *session) finishPage(w *walk, page vectara.Page, o Observation) {
	s.record(result{sent: o.Asked, answered: o.Answered, fault: o.Fault, seed: s.seed()})
	w.inFlight = false
	if o.Fault != nil {
		s.endWalk(w, failed, o.Fault, o.Answered)
		return
	}
	s.source.recorder.PageDelivered(w.purpose, len(page.Jobs))
	w.empty++
	if len(page.Jobs) > 0 {
		w.empty = 0
	}
	for i := range page.Jobs {
		o.Job = &page.Jobs[i]
		if e, ok := s.entries[o.Job.ID]; ok {
			if e.dueSoon(o.Answered) {
				w.saved++
			}
			w.delivered++
			e.deliver(o)
		} else {
			s.prefetch.put(o)
		}
		if w.list != nil {
			w.list.collect(o.Job)
		}
	}
	switch next := page.NextPageKey; {
	case next == "":
		s.endWalk(w, complete, nil, o.Answered)
	case w.keys[next]:
		s.endWalk(w, failed, &Fault{Kind: InvalidResponse, Detail: "the pages of the list of jobs lead in a circle"}, o.Answered)
	case w.pages >= maxPages || o.Answered.Sub(w.began) > maxWalk:
		s.endWalk(w, cutShort, nil, o.Answered)
	case s.unused():
		s.endWalk(w, interrupted, nil, o.Answered)
	default:
		w.keys[next] = true
		w.query.PageKey = next
		if w.list == nil {
			s.evaluate(w, o.Answered)
		}
	}
}

// evaluate ends a walk that has nothing left to deliver, or that goes wrong: besides what it has saved it may cost a quarter of what
// it can still save, and a few pages at first.
func (s *session) evaluate(w *walk, now time.Time) {
	switch entries, left := s.remaining(w, now); {
	case entries == 0:
		s.endWalk(w, satisfied, nil, now)
	case w.pages >= w.saved+max(left/4, min(left/2, 5), 1), w.empty >= maxEmptyPages:
		s.endWalk(w, cutShort, nil, now)
	}
}

// endWalk removes a walk and draws the conclusions.
func (s *session) endWalk(w *walk, how outcome, fault *Fault, now time.Time) {
	if w.ended {
		return // While its last page was in flight.
	}
	w.ended = true
	s.walks = slices.DeleteFunc(slices.Clone(s.walks), func(other *walk) bool { return other == w })
	s.source.recorder.WalkEnded(w.purpose, string(how))
	s.planner.considered = time.Time{} // What is due now may be worth another walk.
	if how == complete {
		s.markMissed(w)
	}
	if w.list != nil {
		s.finishList(w, how, fault, now)
		return
	}
	s.planner.pageTime = now.Sub(w.began) / time.Duration(max(w.pages, 1))
	cool := &s.planner.active
	if w.purpose == ForEnded {
		cool = &s.planner.final
	}
	switch paid := w.saved > w.pages; {
	case how == interrupted:
	case how == failed || !paid:
		cool.extend(now, w.pages, s.pauseBy(fault, now))
		s.planner.pagesPerJob = newPlanner().pagesPerJob
	default:
		*cool = coolDown{}
		if w.purpose == ForActive && how == complete {
			s.planner.pagesPerJob = float64(w.pages) / float64(w.delivered)
		}
	}
}

// markMissed marks the entries that a complete walk of active jobs should have delivered and did not. That says nothing about
// their jobs; but if they are many, a list of jobs that have ended is likely to deliver them.
func (s *session) markMissed(w *walk) {
	if !covers(w.query.States, activeStates) || covers(w.query.States, finalStates) {
		return
	}
	for _, e := range s.entries {
		if e.latest.Asked.Before(w.began) && e.latest.Job != nil && isActive(e.latest.Job.State) && e.created().After(w.query.CreatedAfter) {
			e.missedAt = w.began
		}
	}
}
