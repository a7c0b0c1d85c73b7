// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"context"
	"encoding/binary"
	"time"

	"golang.org/x/time/rate"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// maxInFlight bounds the GETs that one session has in flight, and maxInFlightInAll those of all sessions. A session with
	// none may always send one.
	maxInFlight      = 64
	maxInFlightInAll = 512

	// sessionIdle is how long a session without subscribers is kept: nobody gets a fresh rate limiter, breaker or access token
	// by deleting and creating a resource.
	sessionIdle = 10 * time.Minute

	// overdueAfter is how late a poll may be before its subscribers are told why, and overdueInterval how often that is checked.
	overdueAfter    = 30 * time.Second
	overdueInterval = time.Second
)

// API is what a session sends requests to. *vectara.Session is one.
type API interface {
	GetJob(ctx context.Context, id string) (vectara.Job, error)
	ListJobs(ctx context.Context, query vectara.ListQuery) (vectara.Page, error)
	// AlsoRedact has former credentials redacted from what the API returns, as it may still echo them.
	AlsoRedact(former vectara.Credentials)
}

// session is what all subscribers with the same credentials share. The lock of its source guards it.
type session struct {
	key     sessionKey
	source  *Source
	api     API
	limiter *rate.Limiter
	breaker breaker

	entries  map[string]*entry
	waiting  queue[*entry] // by when the next poll is due
	ready    queue[*entry] // due, by priority and then by deadline
	inFlight int           // GETs

	lists    map[string]*list // what list subscribers want, by query
	walks    []*walk          // in flight; the one whose turn it is comes first
	pageTurn bool             // whether a page goes before a poll
	planner  planner
	prefetch prefetch

	overdueChecked time.Time
	blocked        time.Time // when the breaker was last found not to be closed
	blockedBy      *Fault    // and why it was not
	starved        bool      // polls were overdue for want of request budget, and still are not in time
	shortSince     time.Time // since when a request waits for the rate limiter; zero if none does

	idleSince time.Time
	next      time.Time // when to step; zero means not before something happens
	index     int       // in the source's queue of sessions
}

func (s *session) position() *int { return &s.index }

func newSession(key sessionKey, source *Source, credentials vectara.Credentials) *session {
	s := &session{
		key:     key,
		source:  source,
		limiter: rate.NewLimiter(rate.Limit(source.limits.RequestsPerSecond), source.limits.Burst),
		entries: map[string]*entry{},
		waiting: newQueue(func(a, b *entry) bool { return a.next.Before(b.next) }),
		ready: newQueue(func(a, b *entry) bool {
			return a.priority > b.priority || a.priority == b.priority && a.deadline.Before(b.deadline)
		}),
		lists:    map[string]*list{},
		planner:  newPlanner(),
		prefetch: newPrefetch(),
		index:    -1,
	}
	s.api = source.openAPI(credentials, func() {
		// A token request is not held up, as others wait for it, but paid for afterwards.
		s.limiter.ReserveN(time.Now(), 1)
	})
	return s
}

// seed makes the jitter of one session unlike that of another.
func (s *session) seed() uint64 { return binary.BigEndian.Uint64(s.key[:8]) }

func (s *session) subscribe(w *subscriber, now time.Time) {
	e, ok := s.entries[w.JobID]
	if !ok {
		e = &entry{id: w.JobID, session: s, index: -1, notBefore: s.prefetch.since}
		s.entries[w.JobID] = e
		if o, ok := s.prefetch.take(w.JobID, now); ok && w.priority() != requested && !o.Asked.Before(w.known) {
			e.latest, e.state = o, o.Job.State
			w.served, w.answered = true, w.Request
			w.next = w.Schedule.Next(o)
		}
	}
	w.entry = e
	e.subscribers = append(e.subscribers, w)
	s.place(e)
}

func (s *session) unsubscribe(w *subscriber) {
	e := w.entry
	e.drop(w)
	if len(e.subscribers) == 0 && e.cancel != nil {
		e.cancel() // Nobody waits for the response.
	}
	s.place(e)
}

// place puts an entry into the queue where it belongs, or removes it once nobody needs it.
func (s *session) place(e *entry) {
	e.recompute()
	if e.queue != nil {
		e.queue.remove(e)
		e.queue = nil
	}
	switch {
	case e.cancel != nil:
	case len(e.subscribers) == 0:
		delete(s.entries, e.id)
		s.prefetch.left(e.latest.Asked)
		s.noteUse()
	case !e.next.IsZero():
		e.queue = &s.waiting
		s.waiting.put(e)
	}
}

func (s *session) unused() bool { return len(s.entries) == 0 && len(s.lists) == 0 }

func (s *session) noteUse() {
	if s.unused() {
		s.idleSince = time.Now()
		s.interruptWalks(nil, s.idleSince)
	}
}

// interruptWalks ends the walks of which no page is in flight.
func (s *session) interruptWalks(fault *Fault, now time.Time) {
	for _, w := range s.walks {
		if !w.inFlight {
			s.endWalk(w, interrupted, fault, now)
		}
	}
}

// idle reports whether the session has been without subscribers for so long that it can be removed.
func (s *session) idle(now time.Time) bool {
	return s.unused() && s.inFlight == 0 && len(s.walks) == 0 && !now.Before(s.idleEnd())
}

func (s *session) idleEnd() time.Time { return later(s.idleSince.Add(sessionIdle), s.breaker.until) }

// step does what is due: polls become ready, walks start, requests are sent as far as breaker and rate limiter let them. It
// sets when there is something to do next.
func (s *session) step(now time.Time) {
	s.next = time.Time{}
	if s.unused() && len(s.walks) == 0 {
		s.wakeAt(s.idleEnd())
		return
	}
	s.promote(now)
	s.checkOverdue(now)
	s.promote(now)
	s.startWalks(now)
	for {
		send, retry := s.nextRequest(now)
		if send == nil {
			s.wakeAt(retry)
			s.shortSince = time.Time{}
			return
		}
		if !s.allowed(now) {
			s.wakeAt(s.whenAllowed(now))
			return
		}
		send()
	}
}

// promote moves the entries whose poll is due to the queue of those that are ready.
func (s *session) promote(now time.Time) {
	for s.waiting.len() > 0 && !s.waiting.first().next.After(now) {
		e := s.waiting.first()
		s.waiting.remove(e)
		if e.due.Before(e.next) {
			e.due = now
		}
		e.queue = &s.ready
		s.ready.put(e)
	}
	if s.waiting.len() > 0 {
		s.wakeAt(s.waiting.first().next)
	}
}

// wakeAt has the session step at a time, unless it does so before; zero means nothing.
func (s *session) wakeAt(at time.Time) {
	if !at.IsZero() && (s.next.IsZero() || at.Before(s.next)) {
		s.next = at
	}
}

// allowed takes a request out of the rate limiter's bucket, if there is one left.
func (s *session) allowed(now time.Time) bool {
	if !s.limiter.AllowN(now, 1) {
		if s.shortSince.IsZero() {
			s.shortSince = now
		}
		return false
	}
	waited := time.Duration(0)
	if !s.shortSince.IsZero() {
		waited = now.Sub(s.shortSince)
	}
	s.shortSince = time.Time{}
	s.source.recorder.LimiterWaited(waited)
	return true
}

// whenAllowed is when the rate limiter lets the next request through. A microsecond is added, so that rounding does not make
// it too early.
func (s *session) whenAllowed(now time.Time) time.Time {
	missing := 1 - s.limiter.TokensAt(now)
	if missing <= 0 {
		return now
	}
	return now.Add(time.Duration(missing/float64(s.limiter.Limit())*float64(time.Second)) + time.Microsecond)
}

// nextRequest returns what sends the request whose turn it is, as far as the rate limiter lets it. Polls requested by annotation
// go first. All others and pages take turns, so that neither many new objects nor a long list starve the other. If there is
// none, it returns when there may be; zero means not before something happens.
func (s *session) nextRequest(now time.Time) (send func(), retry time.Time) {
	e, retry := s.nextPoll(now)
	page := s.nextPage(now)
	switch {
	case e != nil && (page == nil || e.priority == requested || !s.pageTurn):
		return func() { s.pageTurn = true; s.poll(e, now) }, time.Time{}
	case page != nil:
		return func() { s.pageTurn = false; s.turnPage(page, now) }, time.Time{}
	default:
		return nil, retry
	}
}

// nextPoll returns the entry to poll next; nil if there is none, and when there may be.
func (s *session) nextPoll(now time.Time) (next *entry, retry time.Time) {
	if s.ready.len() == 0 || !s.mayPoll() {
		return nil, time.Time{}
	}
	first := s.ready.first()
	state := s.breaker.state(now)
	if state == open && (first.priority != requested || s.breaker.fault.Kind != Unauthorized) {
		return nil, s.breaker.until
	}
	if s.breaker.oneAtATime(now) {
		if due := s.breaker.probeDue(); due.After(now) {
			return nil, due
		}
		return s.probe(), time.Time{}
	}
	if first.priority == routine && s.walking() && first.deadline.After(now) {
		return nil, first.deadline
	}
	return first, time.Time{}
}

// mayPoll reports whether one more GET may be in flight. The fuller the source, the fewer each session may have, so that
// some that hang leave room for the others.
func (s *session) mayPoll() bool {
	return s.inFlight == 0 || s.inFlight < min(maxInFlight, maxInFlightInAll-s.source.inFlight)
}

// probe picks the entry that finds out whether the breaker may close: one that was well when it was last polled, due or not, as
// another one may fail for a reason of its own; unless somebody requested a poll. If none was, those that go first and last
// take turns, so that not all of them have to fail.
func (s *session) probe() *entry {
	ready := s.ready.heap.items
	if ready[0].priority == requested || ready[0].latest.Job != nil {
		return ready[0]
	}
	for _, queued := range [][]*entry{ready, s.waiting.heap.items} {
		for _, e := range queued {
			if e.latest.Job != nil {
				return e
			}
		}
	}
	if s.breaker.trips%2 == 0 {
		return ready[len(ready)-1]
	}
	return ready[0]
}

// poll sends a GET for an entry.
func (s *session) poll(e *entry, now time.Time) {
	if s.breaker.oneAtATime(now) {
		s.breaker.probe = probe{e.id, now}
	}
	if e.due.Before(e.next) {
		e.due = now // A probe may be sent before the poll is due.
	}
	s.inFlight++
	s.source.inFlight++
	e.sent = now
	s.source.get(s, e, now)
	s.place(e)
}

// finishPoll takes in what a GET brought.
func (s *session) finishPoll(e *entry, o Observation, cancelled bool) {
	s.inFlight--
	s.source.inFlight--
	e.cancel = nil
	s.place(e) // Even if what the GET brought is older than what a page brought meanwhile.
	if cancelled {
		s.breaker.abandon(e.id, o.Asked)
		return
	}
	s.record(result{job: e.id, sent: o.Asked, answered: o.Answered, fault: o.Fault, seed: s.seed()})
	e.deliver(o)
}

// record tells the breaker of a result, and ends the walks that are not to go on while it is open.
func (s *session) record(r result) {
	if s.breaker.record(r) && s.breaker.blocksLists() {
		s.interruptWalks(r.fault, r.answered)
	}
}

// pauseBy is how long the pause is that a page brought on all requests; 0 if it brought none.
func (s *session) pauseBy(fault *Fault, now time.Time) time.Duration {
	if fault == nil || fault.Kind != RateLimited {
		return 0
	}
	return max(s.breaker.until.Sub(now), 0)
}

// checkOverdue tells the subscribers of overdue polls why they are not made. Those who know nothing yet are told as soon as
// the breaker is open.
func (s *session) checkOverdue(now time.Time) {
	if s.ready.len() == 0 && s.inFlight == 0 && len(s.lists) == 0 && !s.starved {
		return
	}
	if next := s.overdueChecked.Add(overdueInterval); next.After(now) {
		s.wakeAt(next)
		return
	}
	s.overdueChecked = now
	s.wakeAt(now.Add(overdueInterval))
	holds := s.breaker.holds(now)
	if s.breaker.fault != nil {
		s.blocked, s.blockedBy = now, s.breaker.fault
	}
	reason := s.overdueReason(now)
	var overdue []*entry
	late := time.Duration(0)
	for _, e := range s.ready.heap.items {
		late = max(late, now.Sub(e.due))
		if holds && e.priority > routine || !now.Before(e.due.Add(overdueAfter)) {
			overdue = append(overdue, e)
		}
	}
	for _, e := range overdue {
		s.starved = s.starved || reason.Is(outOfBudget)
		e.overdue(reason)
	}
	if s.starved && late < overdueAfter/2 {
		s.endStarvation()
	}
	for _, e := range s.entries {
		if e.cancel != nil && !now.Before(e.sent.Add(overdueAfter)) {
			// A reason that was given before still stands, so that it does not change to and fro.
			late := &Fault{Kind: Unavailable, Detail: "Vectara has not responded yet to the request for this job"}
			e.overdue(cmp.Or(e.latest.Overdue, late))
		}
	}
	if s.breaker.blocksLists() {
		s.checkOverdueLists(now, reason, holds)
	}
}

// outOfBudget is why polls are overdue that nothing else keeps from being made.
var outOfBudget = &Fault{Kind: RateLimited, Detail: "the operator's request budget does not suffice for all jobs of these credentials"}

// overdueReason is why polls are not made.
func (s *session) overdueReason(now time.Time) *Fault {
	switch {
	case s.breaker.fault != nil:
		return s.breaker.fault
	case s.blockedBy != nil && now.Before(s.blocked.Add(overdueAfter)):
		return s.blockedBy // They are late because of that.
	case !s.mayPoll():
		return &Fault{Kind: Unavailable, Detail: "all requests that may be in flight at a time wait for a response"}
	default:
		return outOfBudget
	}
}

// stillOverdue returns what remains of the reason why an entry was overdue, when it is polled at last. Where there are more polls
// than the budget allows, the next one will be late again: the subscribers are not told each time.
func (s *session) stillOverdue(reason *Fault) *Fault {
	if s.starved && reason.Is(outOfBudget) {
		return reason
	}
	return nil
}

// endStarvation tells all subscribers whose polls were overdue for want of request budget that they are in time again.
func (s *session) endStarvation() {
	s.starved = false
	for _, e := range s.entries {
		if e.cancel == nil && e.latest.Overdue.Is(outOfBudget) {
			e.inTime()
		}
	}
}
