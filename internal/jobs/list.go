// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// listJitter is the share by which the interval of lists is made longer or shorter.
const listJitter = 0.1

// listSubscriber is a ListSubscription, and how far it has been served.
type listSubscriber struct {
	ListSubscription
	list     *list
	since    time.Time // when it came to have its present Request
	answered Request   // the newest Request that was answered
	latest   *Listing
}

// start is when the jobs of the next list begin: with the window, or with the last list if that is earlier.
func (w *listSubscriber) start(now time.Time) time.Time {
	start := w.Window.Start(now)
	if w.Window.LookBack > 0 && !w.Listed.IsZero() && w.Listed.Before(start) {
		return w.Listed
	}
	return start
}

// tell gives a listing to the subscriber, unless it is of no use to it, and enqueues it if that is new.
func (w *listSubscriber) tell(l Listing) {
	if w.latest != nil && l.Asked.Before(w.latest.Asked) {
		return
	}
	if l.Fault != nil {
		l.Failures = 1
		if w.latest != nil && w.latest.Fault != nil && w.latest.Fault.Kind == l.Fault.Kind {
			l.Failures += w.latest.Failures
		}
	}
	changed := w.latest == nil || l.Request != w.latest.Request || !w.latest.sameResult(&l)
	w.answered, w.latest = l.Request, &l
	if changed {
		w.Enqueue(w.Key)
	}
}

// list is a query that somebody subscribed to, and everybody who did.
type list struct {
	session     *session
	key         string
	states      []string
	subscribers map[Key]*listSubscriber
	next        time.Time // when to list; not used while a walk is under way

	walk       *walk
	collecting map[*listSubscriber]*collection
}

// collection is what a walk collects for a subscriber.
type collection struct {
	request Request
	since   time.Time
	found   map[string]Found
	any     bool     // whether there is a job in the window
	corpora []string // those of the subscription on which a job in the window works
}

// note takes in which corpora a job works on.
func (c *collection) note(job *vectara.Job, wanted []string) {
	c.any = true
	for _, key := range job.CorpusKeys {
		if slices.Contains(wanted, key) && !slices.Contains(c.corpora, key) {
			c.corpora = append(c.corpora, key)
		}
	}
}

func listKey(w *ListSubscription) string {
	states := slices.Sorted(slices.Values(w.States))
	return fmt.Sprint(strings.Join(states, "|"), w.Window.LookBack, w.Window.Since.UnixNano())
}

// interval is the shortest of the subscribers'.
func (l *list) interval() time.Duration {
	shortest := time.Duration(0)
	for _, w := range l.subscribers {
		if shortest == 0 || w.Interval < shortest {
			shortest = w.Interval
		}
	}
	return shortest
}

// start is when the jobs of the next list begin.
func (l *list) start(now time.Time) time.Time {
	var start time.Time
	first := true
	for _, w := range l.subscribers {
		if at := w.start(now); first || at.Before(start) {
			start, first = at, false
		}
	}
	return start
}

// collect takes in a job of a page.
func (l *list) collect(job *vectara.Job) {
	for w, c := range l.collecting {
		if !job.CreatedAt.IsZero() && job.CreatedAt.Before(c.since) {
			continue
		}
		c.note(job, w.CorpusKeys)
		if w.Match(job) {
			c.found[job.ID] = Found{ID: job.ID, CreatedAt: job.CreatedAt}
		}
	}
}

func (s *session) subscribeList(w *listSubscriber, now time.Time) {
	key := listKey(&w.ListSubscription)
	l, ok := s.lists[key]
	if !ok {
		l = &list{session: s, key: key, states: w.States, subscribers: map[Key]*listSubscriber{}}
		s.lists[key] = l
	}
	w.list = l
	l.subscribers[w.Key] = w
	l.next = now
}

func (s *session) unsubscribeList(w *listSubscriber) {
	l := w.list
	delete(l.subscribers, w.Key)
	delete(l.collecting, w)
	if len(l.subscribers) > 0 {
		return
	}
	delete(s.lists, l.key)
	if l.walk != nil {
		s.endWalk(l.walk, interrupted, nil, time.Now())
	}
	s.noteUse()
}

// startList starts a walk of a list that is due.
func (s *session) startList(l *list, now time.Time) {
	after := l.start(now)
	if !after.IsZero() {
		after = after.Add(-createdMargin)
	}
	l.collecting = map[*listSubscriber]*collection{}
	for _, w := range l.subscribers {
		l.collecting[w] = &collection{request: w.Request, since: w.start(now), found: map[string]Found{}}
	}
	l.walk = newWalk(ForDiscovery, l.states, after, now)
	l.walk.list = l
	s.walks = append(s.walks, l.walk)
}

// startSoonList starts a list of somebody's that is due soon and delivers what a walk of the mirror would; it reports whether
// there is one.
func (s *session) startSoonList(states []string, after, now time.Time) bool {
	for _, l := range s.lists {
		start := l.start(now)
		if l.walk == nil && covers(l.states, states) && !start.After(after) && l.next.Sub(now) <= l.interval()/4 {
			s.startList(l, now)
			return true
		}
	}
	return false
}

// finishList gives what a walk collected to those who subscribed to the list, and plans the next one.
func (s *session) finishList(w *walk, how outcome, fault *Fault, now time.Time) {
	l := w.list
	l.walk = nil
	collected := l.collecting
	l.collecting = nil
	if how == interrupted {
		l.next = now
		return
	}
	failures, pending := 0, false
	for w2, c := range collected {
		listing := Listing{Asked: w.began, Answered: now, Request: c.request, Since: c.since, Fault: fault, Truncated: how == cutShort}
		if fault == nil {
			listing.Jobs = slices.SortedFunc(maps.Values(c.found), func(a, b Found) int { return strings.Compare(a.ID, b.ID) })
			listing.Any, listing.CorpusKeys = c.any, slices.Sorted(slices.Values(c.corpora))
		}
		if how == complete {
			w2.Listed = w.began
		}
		w2.tell(listing)
		failures = max(failures, w2.latest.Failures)
	}
	for _, w := range l.subscribers {
		pending = pending || w.answered != w.Request
	}
	if pending {
		l.next = now
		return
	}
	held, pause := s.pauseBy(fault, now), l.pause(fault, failures, s.seed(), w.began)
	if failures > 1 {
		pause = max(pause, held) // Polls have at least as long until lists hold them up again.
	}
	l.next = now.Add(held + pause)
}

// pause is the time from the end of a list to the next one.
func (l *list) pause(fault *Fault, failures int, seed uint64, began time.Time) time.Duration {
	salt := seed ^ hashOf(l.key) ^ uint64(began.UnixNano())
	switch {
	case fault == nil:
		return jittered(l.interval(), salt)
	case fault.Kind == RateLimited || fault.isOutage():
		return Backoff(failures, salt)
	default:
		return jittered(RefusedPause, salt)
	}
}

func jittered(d time.Duration, salt uint64) time.Duration {
	return time.Duration(float64(d) * (1 - listJitter + 2*listJitter*Fraction(salt, 0)))
}

func hashOf(text string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text)) // A hash never fails to write.
	return hash.Sum64()
}

// checkOverdueLists tells those who wait for a list that none is made, and why.
func (s *session) checkOverdueLists(now time.Time, reason *Fault, holds bool) {
	for _, l := range s.lists {
		for _, w := range l.subscribers {
			waits := holds && w.answered.Generation != w.Request.Generation
			late := l.walk == nil && !now.Before(l.next.Add(overdueAfter)) && (w.latest == nil || !reason.Is(w.latest.Fault))
			if waits || late {
				// What was requested by annotation is still to be done.
				answered := Request{Generation: w.Request.Generation, RequestedAt: w.answered.RequestedAt}
				w.tell(Listing{Asked: now, Answered: now, Request: answered, Fault: reason})
			}
		}
	}
}
