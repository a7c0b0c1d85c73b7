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
}

// session is everything that the jobs of one set of credentials share. The lock of its source guards it.
type session struct {
	key     sessionKey
	api     API
	budget  *rate.Limiter
	gate    gate
	targets map[string]*target
	calls   int // under way

	// A target without a call under way stands in waiting until it is due, and then in ready until it may be asked.
	waiting queue[*target]
	ready   queue[*target]

	// start makes the call for a target, and tell wakes a watcher. They are the source's.
	start func(*session, *target)
	tell  func(Key)

	idleSince time.Time
	next      time.Time // when step has something to do; the zero time means not before something happens
	place     int       // in the source's queue of sessions
}

// target is one job of a session, with everyone who watches it.
type target struct {
	id       string
	watchers []*watcher
	due      time.Time          // earliest of the watchers'; the zero time means never
	rank     rank               // highest of the watchers'
	cancel   context.CancelFunc // not nil while a call is under way
	queue    *queue[*target]    // waiting, ready, or nil
	place    int                // in that queue
}

func (t *target) position() *int  { return &t.place }
func (s *session) position() *int { return &s.place }

func newSession(key sessionKey, api API, budget *rate.Limiter, start func(*session, *target), tell func(Key)) *session {
	byDue := func(a, b *target) bool { return a.due.Before(b.due) }
	byRank := func(a, b *target) bool { return a.rank > b.rank || a.rank == b.rank && a.due.Before(b.due) }
	return &session{
		key:     key,
		api:     api,
		budget:  budget,
		targets: map[string]*target{},
		waiting: newQueue(byDue),
		ready:   newQueue(byRank),
		start:   start,
		tell:    tell,
		place:   -1,
	}
}

// add lets a watcher join. One that joins while a call for its job is under way shares the answer, unless it asked for
// a look of its own.
func (s *session) add(w *watcher) {
	t, ok := s.targets[w.JobID]
	if !ok {
		t = &target{id: w.JobID, place: -1}
		s.targets[w.JobID] = t
	}
	t.watchers = append(t.watchers, w)
	w.session, w.target = s, t
	w.sent, w.aboard = w.Request, t.cancel != nil && w.rank() != requested
	s.arrange(t)
}

// remove lets a watcher leave, and gives up a call that nobody waits for any more.
func (s *session) remove(w *watcher) {
	t := w.target
	t.watchers = slices.DeleteFunc(t.watchers, func(other *watcher) bool { return other == w })
	w.session, w.target, w.aboard = nil, nil, false
	if len(t.watchers) == 0 && t.cancel != nil {
		t.cancel()
	}
	s.arrange(t)
}

// arrange puts a target where it belongs, after anything about its watchers or its call changed.
func (s *session) arrange(t *target) {
	t.due, t.rank = time.Time{}, routine
	for _, w := range t.watchers {
		t.rank = max(t.rank, w.rank())
		if !w.due.IsZero() && (t.due.IsZero() || w.due.Before(t.due)) {
			t.due = w.due
		}
	}
	switch {
	case t.cancel != nil || t.due.IsZero():
		s.enqueue(t, nil)
	case t.queue == &s.ready:
		s.enqueue(t, &s.ready)
	default:
		s.enqueue(t, &s.waiting)
	}
	if len(t.watchers) == 0 && t.cancel == nil {
		delete(s.targets, t.id)
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
	for s.waiting.len() > 0 && !s.waiting.first().due.After(now) {
		t := s.waiting.first()
		s.enqueue(t, &s.ready)
		if s.gate.closed(now) {
			s.tellGate(t, now)
		}
	}
	for s.mayCall(now) && s.budget.AllowN(now, 1) {
		t := s.ready.first()
		s.enqueue(t, nil)
		s.calls++
		s.start(s, t)
	}
	s.next = s.nextStep(now)
}

// mayCall reports whether the first target that is ready may be asked now, as far as the budget allows it.
func (s *session) mayCall(now time.Time) bool {
	limit := maxCallsPerSession
	if s.gate.probing() {
		limit = 1
	}
	return s.ready.len() > 0 && s.calls < limit && (!s.gate.closed(now) || s.gate.lets(s.ready.first()))
}

func (s *session) nextStep(now time.Time) time.Time {
	if len(s.targets) == 0 {
		return later(s.idleSince.Add(sessionIdle), s.gate.until)
	}
	var times []time.Time
	if s.waiting.len() > 0 {
		times = append(times, s.waiting.first().due)
	}
	if s.mayCall(now) {
		times = append(times, s.whenToken(now))
	}
	if s.ready.len() > 0 && s.gate.closed(now) {
		times = append(times, s.gate.until)
	}
	if len(times) == 0 {
		return time.Time{} // The end of a call is what it waits for.
	}
	return slices.MinFunc(times, time.Time.Compare)
}

// whenToken is when the budget will have a token. A microsecond is added, so that rounding does not make it early.
func (s *session) whenToken(now time.Time) time.Time {
	missing := 1 - s.budget.TokensAt(now)
	return now.Add(time.Duration(missing/float64(s.budget.Limit())*float64(time.Second)) + time.Microsecond)
}

// idle reports whether the session has had no watchers for so long that it can be forgotten.
func (s *session) idle(now time.Time) bool {
	return len(s.targets) == 0 && !now.Before(s.nextStep(now))
}

// finish takes in what came of a call. Without an observation (the call was cancelled) the target is due as before.
func (s *session) finish(t *target, observation *Observation) {
	s.calls--
	t.cancel = nil
	if observation == nil {
		s.arrange(t)
		return
	}
	if observation.Fault.concernsSession() {
		s.gate.refuse(observation.Fault, observation.Asked, observation.Answered, s.seed())
		observation.Failures = s.gate.refusals
	} else {
		s.gate.pass(observation.Asked)
	}
	for _, w := range t.watchers {
		if !w.aboard {
			continue
		}
		w.aboard = false
		told := *observation
		told.Request = w.sent
		if w.hear(told) {
			s.tell(w.Key)
		}
		w.plan()
	}
	s.arrange(t)
	if s.gate.closed(observation.Answered) {
		for _, waiting := range slices.Clone(s.ready.heap.items) {
			s.tellGate(waiting, observation.Answered)
		}
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
			s.tell(w.Key)
		}
	}
	s.arrange(t)
}

// seed makes the jitter of one session unlike that of another.
func (s *session) seed() uint64 { return binary.BigEndian.Uint64(s.key.digest[:8]) }
