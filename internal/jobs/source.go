// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Limits bound what one set of credentials may ask.
type Limits struct {
	// RequestsPerSecond is the request budget, above 0.
	RequestsPerSecond float64
	// Burst is how many requests may be made at once after a quiet time, at least 1.
	Burst int
}

// Source observes jobs for its watchers. It is safe for concurrent use, and none of its methods but Run waits for
// Vectara.
type Source struct {
	open   func(vectara.Credentials) API
	limits Limits
	wake   func(Key)
	meter  Meter
	kick   chan struct{} // tells Run that something may have become due

	mu       sync.Mutex
	watchers map[Key]*watcher
	lists    map[Key]*listWatcher
	sessions map[sessionKey]*session
	schedule queue[*session]  // the sessions that have something to do, by when
	current  map[Key]*session // the newest session of each Secret
	calls    context.Context  //nolint:containedctx // The life of Run, which calls must not outlive.
	done     *sync.WaitGroup  // the calls under way
}

// NewSource makes a source. It opens a session with open for each set of credentials, and calls wake, which must not
// block nor call the source, for a watcher that has something new to read.
func NewSource(open func(vectara.Credentials) API, limits Limits, wake func(Key)) *Source {
	return &Source{
		open:     open,
		limits:   limits,
		wake:     wake,
		meter:    noMeter{},
		kick:     make(chan struct{}, 1),
		watchers: map[Key]*watcher{},
		lists:    map[Key]*listWatcher{},
		sessions: map[sessionKey]*session{},
		schedule: newQueue(func(a, b *session) bool { return a.next.Before(b.next) }),
		current:  map[Key]*session{},
		calls:    context.Background(),
		done:     &sync.WaitGroup{},
	}
}

// SetMeter has a meter told what the source does from now on. It is for the time before Run.
func (s *Source) SetMeter(meter Meter) { s.meter = meter }

// Observe has a job observed from now on, and returns the newest observation that was made for this watcher with these
// credentials, if there is one. Calling it again with the same Watch changes nothing; a changed Watch takes effect at
// once. After news, the job is not looked at again for a watcher that has not read it by calling Observe.
func (s *Source) Observe(watch Watch) (Observation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()

	w := s.watchers[watch.Key]
	if w != nil && (w.UID != watch.UID || w.JobID != watch.JobID) {
		s.drop(w)
		w = nil
	}
	switch key := watch.Credentials.key(); {
	case w == nil:
		w = &watcher{Watch: watch}
		w.wants(watch.Request, now)
		w.reconsider(now)
		s.watchers[watch.Key] = w
		s.join(w, key)
	case w.session.key != key:
		s.leave(w)
		w.Watch, w.wishes = watch, nil
		w.wants(watch.Request, now)
		w.reconsider(now)
		s.join(w, key)
	default:
		if w.Request != watch.Request {
			w.session.sweep.release(w.target) // It wants a look of its own.
		}
		w.update(watch, now)
		w.session.arrange(w.target)
		s.reschedule(w.session)
	}
	if w.latest == nil {
		return Observation{}, false
	}
	return *w.latest, true
}

// Forget ends the observation of a watcher's job. A call that is under way for nobody else is given up.
func (s *Source) Forget(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.watchers[key]; ok {
		s.drop(w)
	}
}

// Run asks Vectara when the time comes, until the context ends. It returns when no call is under way any more; what
// the last calls brought is told to nobody.
func (s *Source) Run(ctx context.Context) error {
	s.mu.Lock()
	s.calls = ctx
	s.mu.Unlock()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if next := s.step(time.Now()); next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			s.done.Wait()
			return nil
		case <-timer.C:
		case <-s.kick:
		}
	}
}

// step lets every session that has something to do now do it, and returns when the next one has; the zero time means
// not before something happens.
func (s *Source) step(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.schedule.len() > 0 && !s.schedule.first().next.After(now) {
		session := s.schedule.first()
		s.schedule.remove(session)
		if session.idle(now) {
			s.forgetSession(session)
			continue
		}
		session.step(now)
		if !session.next.IsZero() {
			s.schedule.put(session)
		}
	}
	if s.schedule.len() == 0 {
		return time.Time{}
	}
	return s.schedule.first().next
}

// get implements caller. It runs with the lock held, and the call without.
func (s *Source) get(session *session, t *target) {
	ctx, cancel := context.WithCancel(s.calls)
	t.cancel = cancel
	timeout := time.Duration(0)
	for _, w := range t.watchers {
		timeout = max(timeout, w.Timeout)
	}
	s.done.Go(func() {
		defer cancel()
		asked := time.Now()
		bounded, release := context.WithTimeout(ctx, timeout)
		defer release()
		job, err := session.api.GetJob(bounded, t.id)
		observation := observe(asked, time.Now(), job, err)
		s.finish(session, func() { session.finishGet(t, observation) })
	})
}

// observe makes an observation of what a call brought; nil if it was cancelled.
func observe(asked, answered time.Time, job vectara.Job, err error) *Observation {
	if err == nil {
		return &Observation{Asked: asked, Answered: answered, Job: &job}
	}
	if fault := classify(err); fault != nil {
		return &Observation{Asked: asked, Answered: answered, Fault: fault}
	}
	return nil
}

// page implements caller, as get does.
func (s *Source) page(session *session, sweep *sweep) {
	sweep.calling = true
	if sweep.began.IsZero() {
		sweep.began = time.Now()
	}
	query := sweep.query
	s.done.Go(func() {
		answer := pageAnswer{asked: time.Now()}
		ctx, release := context.WithTimeout(s.calls, pageTimeout)
		defer release()
		page, err := session.api.ListJobs(ctx, query)
		answer.page, answer.answered = page, time.Now()
		if err != nil {
			answer.fault = classify(err)
		}
		s.finish(session, func() { session.finishPage(answer) })
	})
}

// finish takes in what came of a call.
func (s *Source) finish(session *session, takeIn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls.Err() != nil {
		return // Calls fail when the process ends. That says nothing about Vectara.
	}
	takeIn()
	s.retire(session)
	s.reschedule(session)
}

// join brings a watcher into the session for its credentials.
func (s *Source) join(w *watcher, key sessionKey) {
	session := s.sessionOf(key, w.Credentials)
	session.add(w)
	s.reschedule(session)
}

// sessionOf returns the session for credentials, and makes it the newest one of their Secret.
func (s *Source) sessionOf(key sessionKey, credentials Credentials) *session {
	session, ok := s.sessions[key]
	if !ok {
		budget := rate.NewLimiter(rate.Limit(s.limits.RequestsPerSecond), s.limits.Burst)
		session = newSession(key, s.open(credentials.Vectara), budget, s, s.wake)
		session.meter = s.meter
		s.sessions[key] = session
	}
	if former := s.current[key.secret]; former != session {
		s.current[key.secret] = session
		if former != nil {
			s.retire(former)
		}
	}
	return session
}

// leave takes a watcher out of its session.
func (s *Source) leave(w *watcher) {
	session := w.session
	session.remove(w)
	s.retire(session)
	s.reschedule(session)
}

func (s *Source) drop(w *watcher) {
	delete(s.watchers, w.Key)
	s.leave(w)
}

// retire forgets a session that nobody uses any more and that another one has taken the place of.
func (s *Source) retire(session *session) {
	if session.unused() && s.current[session.key.secret] != session {
		s.forgetSession(session)
	}
}

func (s *Source) forgetSession(session *session) {
	s.schedule.remove(session)
	if s.sessions[session.key] == session { // Credentials that came back have another session by now.
		delete(s.sessions, session.key)
	}
	if s.current[session.key.secret] == session {
		delete(s.current, session.key.secret)
	}
}

// reschedule has Run look at a session after something about it changed.
func (s *Source) reschedule(session *session) {
	if s.sessions[session.key] != session {
		return
	}
	session.next = session.nextStep(time.Now())
	if session.next.IsZero() {
		s.schedule.remove(session)
		return
	}
	s.schedule.put(session)
	select {
	case s.kick <- struct{}{}:
	default: // Run has been told and has not looked yet.
	}
}
