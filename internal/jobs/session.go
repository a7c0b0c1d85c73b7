// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// maxCallsPerSession bounds the calls that one session has under way.
	maxCallsPerSession = 64

	// sessionIdle is for how long a session without watchers is kept: its budget, its gate and its access token must
	// not be had anew by deleting and creating a resource.
	sessionIdle = 10 * time.Minute
)

// API is what a session asks. *vectara.Session is one.
type API interface {
	GetJob(ctx context.Context, id string) (vectara.Job, error)
	ListJobs(ctx context.Context, query vectara.ListQuery) (vectara.Page, error)
}

// caller makes the calls of a session. Each method starts one and does not wait for it. In the end it has finishGet or
// finishPage called.
type caller interface {
	get(*session, *target)
	page(*session, *sweep)
}

// session is everything that the jobs of one set of credentials share. The lock of its source guards it.
type session struct {
	key     sessionKey
	api     API
	budget  *rate.Limiter
	gate    gate
	targets map[string]*target
	calls   int // under way

	// A target without a call under way stands in waiting until it is due, and then in ready until it may be asked. One
	// that a sweep will bring stands in neither.
	waiting queue[*target]
	ready   queue[*target]

	sweep    *sweep // under way, or nil
	lister   lister // decides when to sweep
	pageTurn bool   // whether it is the sweep's turn to make a call

	lists  map[Key]*listWatcher
	offers map[string]Observation // by job: what a list brought a moment ago that nobody watches yet

	offersSeen time.Time // when offers were last looked through

	caller caller
	wake   func(Key)
	meter  Meter

	shortSince time.Time // since when a call waits for the budget; the zero time if none does

	idleSince time.Time
	next      time.Time // when step has something to do; the zero time means not before something happens
	place     int       // in the source's queue of sessions
}

func (s *session) position() *int { return &s.place }

func newSession(key sessionKey, api API, budget *rate.Limiter, caller caller, wake func(Key)) *session {
	byDue := func(a, b *target) bool { return a.due.Before(b.due) }
	byRank := func(a, b *target) bool { return a.rank > b.rank || a.rank == b.rank && a.due.Before(b.due) }
	return &session{
		key:     key,
		api:     api,
		budget:  budget,
		targets: map[string]*target{},
		waiting: newQueue(byDue),
		ready:   newQueue(byRank),
		lists:   map[Key]*listWatcher{},
		offers:  map[string]Observation{},
		caller:  caller,
		wake:    wake,
		meter:   noMeter{},
		place:   -1,
	}
}

// add lets a watcher join. One that joins while a call for its job is under way shares the answer.
func (s *session) add(w *watcher) {
	t, ok := s.targets[w.JobID]
	if !ok {
		t = &target{id: w.JobID, place: -1}
		s.targets[w.JobID] = t
	}
	t.watchers = append(t.watchers, w)
	w.session, w.target = s, t
	s.takeOffer(w, time.Now())
	if w.rank() > routine {
		s.sweep.release(t) // It does not wait until the sweep comes by.
	}
	s.arrange(t)
}

// remove lets a watcher leave, and gives up a call that nobody waits for any more.
func (s *session) remove(w *watcher) {
	t := w.target
	t.drop(w)
	w.session, w.target = nil, nil
	if len(t.watchers) == 0 && t.cancel != nil {
		t.cancel()
	}
	s.arrange(t)
}

// arrange puts a target where it belongs, after anything about its watchers or its calls changed.
func (s *session) arrange(t *target) {
	t.weigh()
	if t.due.IsZero() {
		s.sweep.release(t)
	}
	if t.cancel != nil || t.due.IsZero() || s.sweep.brings(t) {
		s.enqueue(t, nil)
	} else {
		s.enqueue(t, &s.waiting) // Whether it is due already is for step to see.
	}
	if len(t.watchers) == 0 && t.cancel == nil {
		delete(s.targets, t.id)
		s.noteUse()
	}
}

// unused reports whether nobody wants anything of the session.
func (s *session) unused() bool { return len(s.targets) == 0 && len(s.lists) == 0 }

// noteUse notes since when the session is unused, after somebody has left.
func (s *session) noteUse() {
	if s.unused() {
		s.idleSince = time.Now()
	}
}

func (s *session) enqueue(t *target, q *queue[*target]) {
	if t.queue != nil && t.queue != q {
		t.queue.remove(t)
	}
	t.queue = q
	if q != nil {
		q.put(t)
	}
}

// step does what can be done now: it makes ready what is due, starts the calls that gate and budget allow, and sets
// when it has something to do again.
func (s *session) step(now time.Time) {
	if s.sweep.idle() || s.sweep.wantsPage() && s.gate.closed(now) {
		s.endSweep(held, nil, now)
	}
	s.dropOldOffers(now)
	if s.gate.closed(now) {
		s.tellListsOfGate(now)
	}
	for s.waiting.len() > 0 && !s.waiting.first().due.After(now) {
		t := s.waiting.first()
		s.enqueue(t, &s.ready)
		if s.gate.closed(now) {
			s.tellGate(t, now)
		}
	}
	for {
		if s.sweep == nil && s.mayCall() && !s.gate.closed(now) {
			s.sweep = s.chooseSweep(now)
			s.hold(s.sweep)
		}
		start := s.nextCall(now)
		if start == nil || !s.allowed(now) {
			break
		}
		s.calls++
		start()
	}
	s.next = s.nextStep(now)
}

// allowed takes a call out of the budget, if there is one left.
func (s *session) allowed(now time.Time) bool {
	if !s.budget.AllowN(now, 1) {
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
	s.meter.BudgetWaited(waited)
	return true
}

// mayCall reports whether one more call may be under way.
func (s *session) mayCall() bool {
	if s.gate.probing() {
		return s.calls == 0
	}
	return s.calls < maxCallsPerSession
}

// nextCall returns what starts the call that comes first, as far as the budget allows it; nil if there is none to be
// made now. A look that somebody asked for by name goes first. Others that somebody waits for take turns with the pages
// of a sweep, which may bring a hundred of them each. Routine looks come last.
func (s *session) nextCall(now time.Time) func() {
	var first *target
	if s.ready.len() > 0 {
		first = s.ready.first()
	}
	closed := s.gate.closed(now)
	switch {
	case !s.mayCall(), closed && (first == nil || !s.gate.lets(first, now)):
		return nil
	case first != nil && (closed || first.rank == requested || first.rank > routine && !s.pageTurn || !s.sweep.wantsPage()):
		return func() {
			s.pageTurn = true
			s.enqueue(first, nil)
			s.caller.get(s, first)
		}
	case s.sweep.wantsPage():
		return func() {
			s.pageTurn = false
			s.caller.page(s, s.sweep)
		}
	default:
		return nil
	}
}

// nextStep returns when step has something to do; the zero time means not before something happens.
func (s *session) nextStep(now time.Time) time.Time {
	wantsCall := s.nextCall(now) != nil
	if !wantsCall {
		s.shortSince = time.Time{} // Nobody waits for the budget any more.
	}
	if s.unused() && s.sweep == nil {
		return later(s.idleSince.Add(sessionIdle), s.gate.until)
	}
	var times []time.Time
	if s.waiting.len() > 0 {
		times = append(times, s.waiting.first().due)
	}
	if wantsCall {
		times = append(times, s.whenToken(now))
	}
	if next := s.nextList(now); !next.IsZero() {
		times = append(times, next)
	}
	if s.ready.len() > 0 && s.gate.closed(now) {
		times = append(times, s.gate.until)
		if s.ready.first().rank == requested && s.gate.paused.After(now) {
			times = append(times, s.gate.paused)
		}
	}
	if len(times) == 0 {
		return time.Time{} // The end of a call is what it waits for.
	}
	return slices.MinFunc(times, time.Time.Compare)
}

// whenToken is when the budget will have a token. A microsecond is added, so that rounding does not make it early.
func (s *session) whenToken(now time.Time) time.Time {
	missing := 1 - s.budget.TokensAt(now)
	if missing <= 0 {
		return now
	}
	return now.Add(time.Duration(missing/float64(s.budget.Limit())*float64(time.Second)) + time.Microsecond)
}

// idle reports whether the session has had no watchers for so long that it can be forgotten.
func (s *session) idle(now time.Time) bool {
	return s.unused() && s.sweep == nil && s.calls == 0 && !now.Before(s.nextStep(now))
}

// finishGet takes in what came of a call for one job. Without an observation the target is due as before.
func (s *session) finishGet(t *target, observation *Observation) {
	s.calls--
	t.cancel = nil
	if observation == nil {
		s.arrange(t)
		return
	}
	s.passGate(observation)
	if t.missing {
		// It was missing from a list. If it exists nevertheless, in a state that the list was for, lists do not show it.
		t.missing, t.unlisted = false, observation.Job != nil && isActive(observation.Job.State)
	}
	t.tell(*observation, s.wake)
	s.arrange(t)
	s.tellAllOfGate(observation.Answered)
}

// passGate lets the gate learn from an answer.
func (s *session) passGate(observation *Observation) {
	if !observation.Fault.concernsSession() {
		s.gate.pass(observation.Asked)
		return
	}
	s.gate.refuse(observation.Fault, observation.Asked, observation.Answered, s.seed())
	observation.Failures = s.gate.refusals
}

// tellAllOfGate tells everybody who is ready that the gate has closed, if it has.
func (s *session) tellAllOfGate(now time.Time) {
	if s.gate.closed(now) {
		for _, t := range slices.Clone(s.ready.heap.items) {
			s.tellGate(t, now)
		}
		s.tellListsOfGate(now)
	}
}

// tellGate tells the watchers of a target why it is not asked, as far as they need to know: that the credentials are
// refused is true of every job; a pause matters to those who have nothing else to show.
func (s *session) tellGate(t *target, now time.Time) {
	for _, w := range t.watchers {
		if s.gate.fault.Kind == RateLimited && w.rank() == routine {
			continue
		}
		answers := Request{Generation: w.Request.Generation}
		if w.latest != nil {
			// A look that was asked for by name is still to be made.
			answers.RequestedAt = w.latest.Request.RequestedAt
		}
		if w.hear(Observation{Asked: now, Answered: now, Request: answers, Fault: s.gate.fault, Failures: s.gate.refusals}) {
			s.wake(w.Key)
		}
	}
	t.weigh() // One that was told waits less urgently.
	s.enqueue(t, t.queue)
}

// seed makes the jitter of one session unlike that of another.
func (s *session) seed() uint64 { return binary.BigEndian.Uint64(s.key.digest[:8]) }
