// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// planInterval is how often a session thinks about sweeping, at most.
	planInterval = time.Second

	// listPause is for how long jobs are asked for one by one after a list was refused, made no sense, or cost more than
	// it saved; interruptedPause, after one failed as any call may fail.
	listPause        = 10 * time.Minute
	interruptedPause = 30 * time.Second

	// dueSoon is how much longer others may have to wait for their look to get it together with one that is due, as a share
	// of the interval of that one. It is more than what jitter adds to an interval and takes off another, so that those
	// who were looked at together are looked at together again.
	dueSoon = 0.25

	// createdMargin is taken off the creation time of the oldest job that a list is to bring, so that it is in it
	// whether "after" includes that moment or not.
	createdMargin = time.Second

	// crowd is how many must wait for a first answer before they wait for a list instead of being asked for one by one.
	crowd = 40
)

// lister decides whether jobs are asked for one by one or with a list, by what costs fewer calls. A list has as many
// pages as the account has jobs in the states that are listed, watched or not. How many that is shows the last one.
type lister struct {
	notBefore      time.Time // when a list of active jobs may be thought of again
	finalNotBefore time.Time // when one of ended jobs may
	others         float64   // active jobs of the account that are not watched, as far as is known
}

// dated is a target, and when its job was created.
type dated struct {
	*target
	created time.Time
}

func newestFirst(a, b dated) int { return b.created.Compare(a.created) }

// plan returns the sweep that saves most calls, or nil if there is none that saves any.
func (l *lister) plan(s *session, now time.Time) *sweep {
	if now.Before(l.notBefore) || s.ready.len() == 0 {
		return nil
	}
	crowded := s.ready.first().rank == awaited && s.crowded()
	if s.ready.first().rank > routine && !crowded {
		return nil // They go first in any case.
	}
	l.notBefore = now.Add(planInterval)

	horizon := now.Add(time.Duration(dueSoon * float64(s.longestInterval())))
	var listable, wanted []dated
	for _, t := range s.targets {
		if !t.listable(crowded) {
			continue
		}
		d := dated{t, t.created()}
		listable = append(listable, d)
		if t.wouldLike(horizon) {
			wanted = append(wanted, d)
		}
	}
	// The more recent the jobs, the fewer pages bring them: find the time after which a list pays most.
	slices.SortFunc(listable, newestFirst)
	slices.SortFunc(wanted, newestFirst)
	best, gain := 0, 0
	for i, inList := 0, 0; i < len(wanted); i++ {
		for inList < len(listable) && !listable[inList].created.Before(wanted[i].created) {
			inList++
		}
		if saved := i + 1 - l.pages(inList, len(listable)); saved > 0 && saved >= gain {
			best, gain = i+1, saved
		}
	}
	if best == 0 {
		return nil
	}
	return newSweep(ForActive, activeStates, listable, wanted[best-1].created, best)
}

// crowded reports whether many wait for a first answer.
func (s *session) crowded() bool {
	waiting := 0
	for _, t := range s.ready.heap.items {
		if t.rank == awaited {
			waiting++
		}
	}
	return waiting > crowd
}

// planFinal returns a sweep of the jobs that have ended, if it brings those who are missing from the active ones with
// fewer calls than asking for each; nil otherwise. It brings only those whose time of creation is known.
func (l *lister) planFinal(missing []dated, now time.Time) *sweep {
	known := slices.DeleteFunc(slices.Clone(missing), func(d dated) bool { return d.created.IsZero() })
	if now.Before(l.finalNotBefore) || pagesFor(len(known)) >= len(known) {
		return nil
	}
	// How many others have ended is not known: at worst the list costs half of what it was to save.
	return newSweep(ForEnded, finalStates, known, slices.MaxFunc(known, newestFirst).created, max(len(known)/2, 1))
}

// pages estimates how many pages bring some of the watched jobs, out of all.
func (l *lister) pages(some, all int) int {
	return pagesFor(some + int(l.others*float64(some)/float64(all)))
}

func pagesFor(jobs int) int { return max((jobs+vectara.MaxPageSize-1)/vectara.MaxPageSize, 1) }

// learn takes in how a sweep went. One that was made for its own sake says how many jobs there are, if they were all listed,
// and nothing about whether others pay.
func (l *lister) learn(over *sweep, verdict verdict, now time.Time) {
	if over.purpose == ForListing {
		if verdict == complete && covers(over.query, vectara.ListQuery{States: activeStates, CreatedAfter: over.query.CreatedAfter}) {
			l.others = float64(over.others)
		}
		return
	}
	notBefore := &l.notBefore
	if over.purpose == ForEnded {
		notBefore = &l.finalNotBefore
	}
	switch verdict {
	case goesOn, held:
		// The gate says when it goes on, or there was no need to see the end.
	case interrupted:
		*notBefore = now.Add(interruptedPause)
	case unprofitable, unreliable:
		// Next time is a new try: the account may have fewer jobs by then, or the list work again.
		*notBefore = now.Add(listPause)
		if over.purpose == ForActive {
			l.others = 0
		}
	case complete:
		if over.purpose == ForActive {
			l.others = float64(over.others) / over.share
		}
	}
}

// listable reports whether a list of the active jobs would bring a target, as far as is known, and may. Those who are
// awaited may only be brought by a list when they are a crowd.
func (t *target) listable(crowded bool) bool {
	if t.cancel != nil || t.unlisted || t.due.IsZero() || t.rank != routine && (t.rank != awaited || !crowded) {
		return false
	}
	if job := t.job(); job != nil {
		return isActive(job.State)
	}
	return !t.denied()
}

// wouldLike reports whether a look comes in handy for a target: it is due before the horizon, or it was never looked at.
func (t *target) wouldLike(horizon time.Time) bool {
	return t.lookedAt.IsZero() || t.rank > routine || !t.due.After(horizon)
}

// longestInterval is the longest interval of those who are due now.
func (s *session) longestInterval() time.Duration {
	longest := time.Duration(0)
	for _, t := range s.ready.heap.items {
		if !t.lookedAt.IsZero() {
			longest = max(longest, t.due.Sub(t.lookedAt))
		}
	}
	return longest
}
