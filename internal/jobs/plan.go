// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"math"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// planInterval is how often a session considers to list, at most.
	planInterval = 100 * time.Millisecond

	// backlog is how many must wait for their first observation, beyond those that can be polled at once, before they count as
	// a reason to list.
	backlog = 40

	// createdMargin is taken off the time of creation after which jobs are listed, so that it is in the list whether "after"
	// includes that moment or not.
	createdMargin = time.Second

	minCoolDown = 30 * time.Second
	maxCoolDown = 10 * time.Minute
	// maxCheapCoolDown is the longest cool-down after a walk of one page: it costs next to nothing to find out soon that lists
	// work again.
	maxCheapCoolDown = 2 * time.Minute
)

// The states that a mirror's list is asked for: those of jobs that have not ended, and those of jobs that have. A job in a state
// that is not known yet is in neither, and is polled alone.
var (
	activeStates = []string{"queued", "started", "failed_will_retry", "unknown"}
	finalStates  = []string{"completed", "failed", "aborted"}
)

func isActive(state string) bool { return slices.Contains(activeStates, state) }

// planner decides when a session lists jobs instead of polling each. Whether a walk paid is judged by hindsight; after one
// that did not, walks cool down.
type planner struct {
	considered time.Time
	active     coolDown
	final      coolDown

	// pagesPerJob is how many pages the last walk that paid had for each job that it delivered to somebody.
	pagesPerJob float64
	pageTime    time.Duration // from one page to the next, in the last walk
}

func newPlanner() planner { return planner{pagesPerJob: 1.0 / vectara.MaxPageSize} }

// coolDown is a time in which no walk is started.
type coolDown struct {
	until  time.Time
	length time.Duration
}

// extend begins a cool-down, twice as long as the one before. If a page brought a pause on everybody, it begins after that and
// is at least as long, so that lists that are always rate limited do not hold up the polls all the time.
func (c *coolDown) extend(now time.Time, pages int, pause time.Duration) {
	longest := maxCoolDown
	if pages <= 1 && pause == 0 {
		longest = maxCheapCoolDown
	}
	c.length = max(min(max(2*c.length, minCoolDown), longest), pause)
	c.until = now.Add(pause + c.length)
}

// plan decides whether a list costs fewer requests than the polls that it saves, and after which time of creation the jobs are
// to be listed for that: the few oldest may not be worth their pages. Wanted are the times of creation of the jobs whose poll is
// due or soon will be, and known those of all jobs that the list would deliver to somebody; zero stands for the beginning
// of time.
func plan(wanted, known []time.Time, pagesPerJob float64) (after time.Time, ok bool) {
	newestFirst := func(a, b time.Time) int { return b.Compare(a) }
	slices.SortFunc(wanted, newestFirst)
	slices.SortFunc(known, newestFirst)
	best, gain := -1, 0.0
	for i, inList := 0, 0; i < len(wanted); i++ {
		for inList < len(known) && !known[inList].Before(wanted[i]) {
			inList++
		}
		pages := math.Ceil(float64(inList) * pagesPerJob)
		if saved := float64(i+1) - max(pages, 1); saved > 0 && saved >= gain {
			best, gain = i, saved
		}
	}
	if best < 0 {
		return time.Time{}, false
	}
	if wanted[best].IsZero() {
		return time.Time{}, true
	}
	return wanted[best].Add(-createdMargin), true
}

// demand are the times of creation of the jobs whose polls a walk may save.
type demand struct {
	wanted []time.Time // due now or soon
	later  []time.Time // and by the time that the walk comes to its end
	known  []time.Time // all that a list may be expected to have
}

// demandFor collects what a walk of active jobs may save, or of jobs that have ended.
func (s *session) demandFor(purpose Purpose, now time.Time) demand {
	var d demand
	countWaited := s.backlogged(now)
	// A long walk takes its time to come to the last job. What will be due by then is to be on it.
	horizon := now.Add(min(s.planner.pageTime*time.Duration(math.Ceil(float64(len(s.entries))*s.planner.pagesPerJob)), time.Minute))
	for _, e := range s.entries {
		switch {
		case purpose == ForEnded && (!e.missed() || e.cancel != nil || e.priority == requested):
		case purpose == ForActive && !e.listable():
		default:
			created := e.created()
			d.known = append(d.known, created)
			if e.priority == waited && !countWaited {
				continue
			}
			if e.dueSoon(now) {
				d.wanted = append(d.wanted, created)
			}
			if e.dueSoon(horizon) {
				d.later = append(d.later, created)
			}
		}
	}
	return d
}

// remaining counts the entries that a walk may still deliver, and how many of them have a poll that it saves.
func (s *session) remaining(w *walk, now time.Time) (entries, polls int) {
	for _, e := range s.entries {
		if (w.purpose == ForEnded && e.missed() || w.purpose == ForActive && e.listable()) &&
			e.latest.Asked.Before(w.began) && !e.created().Before(w.query.CreatedAfter) {
			entries++
			if e.dueSoon(now) {
				polls++
			}
		}
	}
	return entries, polls
}

// backlogged reports whether more polls that somebody waits for are due than can be sent at once.
func (s *session) backlogged(now time.Time) bool {
	n := 0
	for _, e := range s.ready.heap.items {
		if e.priority == waited {
			n++
		}
	}
	return n-int(s.limiter.TokensAt(now)) > backlog
}

// startWalks starts the walks that are due: those that somebody subscribed to, and those that save polls.
func (s *session) startWalks(now time.Time) {
	if s.breaker.blocksLists() && (s.breaker.state(now) == open || s.ready.len() > 0) {
		if len(s.lists) > 0 {
			s.wakeAt(later(s.breaker.until, now.Add(overdueInterval)))
		}
		return
	}
	for _, l := range s.lists {
		switch {
		case l.walk != nil:
		case l.next.After(now):
			s.wakeAt(l.next)
		default:
			s.startList(l, now)
		}
	}
	if s.ready.len() == 0 || s.breaker.blocksLists() {
		return
	}
	if next := s.planner.considered.Add(planInterval); next.After(now) {
		s.wakeAt(next)
		return
	}
	s.planner.considered = now
	for purpose, cool := range map[Purpose]*coolDown{ForActive: &s.planner.active, ForEnded: &s.planner.final} {
		s.considerWalk(purpose, cool, now)
	}
}

// considerWalk starts a walk if it pays.
func (s *session) considerWalk(purpose Purpose, cool *coolDown, now time.Time) {
	if cool.until.After(now) {
		s.wakeAt(cool.until)
		return
	}
	states, pagesPerJob := activeStates, s.planner.pagesPerJob
	if purpose == ForEnded {
		states, pagesPerJob = finalStates, 2.0/vectara.MaxPageSize // How many others have ended is not known.
	}
	if s.underWay(states) {
		return
	}
	d := s.demandFor(purpose, now)
	if purpose == ForEnded && len(d.wanted) <= backlog {
		return
	}
	if _, ok := plan(d.wanted, d.known, pagesPerJob); !ok {
		return
	}
	switch after, _ := plan(d.later, d.known, pagesPerJob); {
	case s.startSoonList(states, after, now):
	default:
		s.walks = append(s.walks, newWalk(purpose, states, after, now))
	}
}

// underWay reports whether a walk that lists these states is under way.
func (s *session) underWay(states []string) bool {
	return slices.ContainsFunc(s.walks, func(w *walk) bool { return covers(w.query.States, states) })
}

// walking reports whether a walk is under way that may deliver what routine polls are for.
func (s *session) walking() bool { return s.underWay(activeStates) || s.underWay(finalStates) }

// covers reports whether a list of some states has all jobs that are in others. No states stand for all.
func covers(wide, narrow []string) bool {
	return len(wide) == 0 || len(narrow) > 0 && !slices.ContainsFunc(narrow, func(state string) bool { return !slices.Contains(wide, state) })
}
