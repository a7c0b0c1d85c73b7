// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Limits bound the requests of one set of credentials.
type Limits struct {
	// RequestsPerSecond is the rate in the long run, above 0.
	RequestsPerSecond float64
	// Burst is how many requests may be sent at once after a quiet time, at least 1.
	Burst int
}

// Source observes jobs for its subscribers. It is safe for concurrent use, and none of its methods but Run waits for Vectara.
type Source struct {
	openAPI  func(credentials vectara.Credentials, onTokenRequest func()) API
	limits   Limits
	enqueue  func(Key)
	recorder Recorder
	secret   []byte        // the key of the digests of credentials
	kick     chan struct{} // tells Run that a session may have something to do

	mu              sync.Mutex
	subscribers     map[Key]*subscriber
	listSubscribers map[Key]*listSubscriber
	sessions        map[sessionKey]*session
	schedule        queue[*session] // by when they have something to do
	inFlight        int             // GETs of all sessions
	requests        context.Context //nolint:containedctx // The life of Run, which requests must not outlive.
	done            sync.WaitGroup  // the requests in flight
}

// sessionKey is a digest of credentials, under a key that lives as long as the process.
type sessionKey [sha256.Size]byte

// NewSource makes a source. It opens an API with openAPI for each set of credentials, which is to call onTokenRequest before each
// request for an access token; and it calls enqueue, which must neither block nor call the source, for a subscriber that has
// something new to read.
func NewSource(
	openAPI func(credentials vectara.Credentials, onTokenRequest func()) API, limits Limits, enqueue func(Key),
) *Source {
	secret := make([]byte, sha256.Size)
	_, _ = rand.Read(secret) // It never fails.
	return &Source{
		openAPI:         openAPI,
		limits:          limits,
		enqueue:         enqueue,
		recorder:        noRecorder{},
		secret:          secret,
		kick:            make(chan struct{}, 1),
		subscribers:     map[Key]*subscriber{},
		listSubscribers: map[Key]*listSubscriber{},
		sessions:        map[sessionKey]*session{},
		schedule:        newQueue(func(a, b *session) bool { return a.next.Before(b.next) }),
		requests:        context.Background(),
	}
}

// SetRecorder sets what records the work of the source. It is to be called before Run.
func (s *Source) SetRecorder(recorder Recorder) { s.recorder = recorder }

// Watch has a job polled from now on, and returns what is known of it for this subscriber with these credentials, if anything.
// Calling it again with the same Subscription changes nothing; a changed one takes effect at once. A job is not polled
// again for a subscriber that was enqueued and has not called Watch since.
func (s *Source) Watch(subscription Subscription) (Observation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	key := s.keyOf(subscription.Credentials)
	w := s.subscribers[subscription.Key]
	if w != nil && (w.UID != subscription.UID || w.JobID != subscription.JobID) {
		s.drop(w)
		w = nil
	}
	switch {
	case w == nil:
		w = &subscriber{Subscription: subscription, since: now, next: now}
		if !subscription.Urgent {
			w.answered = subscription.Request
			w.next = subscription.Schedule.First(now)
		}
		s.subscribers[w.Key] = w
		s.sessionOf(key, w.Credentials).subscribe(w, now)
	case w.entry.session.key != key:
		w = s.move(w, subscription, key, now)
	default:
		if w.Request != subscription.Request {
			w.since = now
			if w.next.IsZero() || w.next.After(now) { // A poll that is due stays due, and grows overdue.
				w.next = now
			}
		}
		w.Subscription = subscription
		w.unread = false
		if w.next.IsZero() || w.next.After(now) {
			w.replan()
		}
		w.entry.session.place(w.entry)
	}
	s.stepSoon(w.entry.session)
	if !w.served {
		return Observation{}, false
	}
	return w.view(), true
}

// move has a subscriber use other credentials. A job that was well keeps its schedule, and a poll that is due stays due. A fault
// may be over, and is polled at once.
func (s *Source) move(w *subscriber, subscription Subscription, key sessionKey, now time.Time) *subscriber {
	former := w.entry
	moved := &subscriber{Subscription: subscription, since: now, next: now, answered: w.answered, known: w.known}
	if w.served {
		moved.known = later(w.known, former.latest.Asked)
	}
	switch latest := w.view(); {
	case !w.served && !w.next.IsZero() && w.next.Before(now):
		moved.next = w.next
	case w.served && latest.Job != nil && latest.Overdue == nil && w.answered == subscription.Request:
		if next := subscription.Schedule.Next(latest); !next.IsZero() {
			moved.next = next // Who still subscribes after the end of a job has not made use of that: the end would be lost.
		}
	}
	s.subscribers[w.Key] = moved
	session := s.sessionOf(key, subscription.Credentials)
	session.api.AlsoRedact(w.Credentials)
	due := former.due
	former.session.unsubscribe(w)
	session.subscribe(moved, now)
	if len(moved.entry.subscribers) == 1 {
		moved.entry.due = due // A poll that was overdue does not become less so.
	}
	s.stepSoon(former.session)
	return moved
}

// Unwatch ends a subscription. A request in flight that nobody else waits for is cancelled.
func (s *Source) Unwatch(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.subscribers[key]; ok {
		s.drop(w)
	}
}

func (s *Source) drop(w *subscriber) {
	delete(s.subscribers, w.Key)
	session := w.entry.session
	session.unsubscribe(w)
	s.stepSoon(session)
}

// WatchList has jobs listed from now on, and returns the newest listing for this subscriber with these credentials, if there
// is one. Calling it again with the same ListSubscription changes nothing.
func (s *Source) WatchList(subscription ListSubscription) (Listing, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	session := s.sessionOf(s.keyOf(subscription.Credentials), subscription.Credentials)
	w := s.listSubscribers[subscription.Key]
	switch {
	case w != nil && w.UID == subscription.UID && w.list.session == session && w.Request == subscription.Request &&
		w.list.key == listKey(&subscription):
		subscription.Listed = later(subscription.Listed, w.Listed)
		w.ListSubscription = subscription
	default:
		subscribed := &listSubscriber{ListSubscription: subscription, since: now}
		if w != nil {
			former := w.list.session
			if w.UID == subscription.UID && former == session {
				subscribed.latest, subscribed.answered = w.latest, w.answered
				subscribed.Listed = later(subscription.Listed, w.Listed)
			}
			if former != session {
				session.api.AlsoRedact(w.Credentials)
			}
			s.dropList(w)
		}
		w = subscribed
		s.listSubscribers[w.Key] = w
		session.subscribeList(w, now)
	}
	s.stepSoon(session)
	if w.latest == nil {
		return Listing{}, false
	}
	return *w.latest, true
}

// UnwatchList ends a list subscription.
func (s *Source) UnwatchList(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.listSubscribers[key]; ok {
		s.dropList(w)
	}
}

func (s *Source) dropList(w *listSubscriber) {
	delete(s.listSubscribers, w.Key)
	session := w.list.session
	session.unsubscribeList(w)
	s.stepSoon(session)
}

// Run polls until the context ends. It returns once no request is in flight any more; what the last ones bring is delivered to
// nobody.
func (s *Source) Run(ctx context.Context) error {
	s.mu.Lock()
	s.requests = ctx
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

// step has every session do what is due, and returns when the next one has something to do; zero means not before
// something happens.
func (s *Source) step(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.schedule.len() > 0 && !s.schedule.first().next.After(now) {
		session := s.schedule.first()
		s.schedule.remove(session)
		if session.idle(now) {
			delete(s.sessions, session.key)
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

// stepSoon has Run step a session after something about it has changed.
func (s *Source) stepSoon(session *session) {
	session.next = time.Time{}
	s.schedule.put(session)
	select {
	case s.kick <- struct{}{}:
	default: // Run has been told already.
	}
}

// get sends a GET for an entry. It is called with the lock held, and the request is made without.
func (s *Source) get(session *session, e *entry, asked time.Time) {
	ctx, cancel := context.WithCancel(s.requests)
	e.cancel = cancel
	timeout := e.timeout()
	s.done.Go(func() {
		defer cancel()
		bounded, release := context.WithTimeout(ctx, timeout)
		defer release()
		job, err := session.api.GetJob(bounded, e.id)
		o := Observation{Asked: asked, Answered: time.Now(), Job: &job}
		if err != nil {
			o.Job, o.Fault = nil, classify(err)
		}
		s.finish(session, func() { session.finishPoll(e, o, errors.Is(err, context.Canceled)) })
	})
}

// page requests a page of a walk, as get does for a job.
func (s *Source) page(session *session, w *walk, asked time.Time) {
	query := w.query
	s.done.Go(func() {
		ctx, release := context.WithTimeout(s.requests, pageTimeout)
		defer release()
		page, err := session.api.ListJobs(ctx, query)
		o := Observation{Asked: asked, Answered: time.Now()}
		if err != nil {
			o.Fault = classify(err)
		}
		s.finish(session, func() { session.finishPage(w, page, o) })
	})
}

// finish takes in what a request brought.
func (s *Source) finish(session *session, takeIn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests.Err() != nil {
		return // Requests fail when the process ends. That says nothing about Vectara.
	}
	takeIn()
	s.stepSoon(session)
}

// sessionOf returns the session for credentials.
func (s *Source) sessionOf(key sessionKey, credentials vectara.Credentials) *session {
	if _, ok := s.sessions[key]; !ok {
		s.sessions[key] = newSession(key, s, credentials)
	}
	return s.sessions[key]
}

func (s *Source) keyOf(credentials vectara.Credentials) sessionKey {
	digest := hmac.New(sha256.New, s.secret)
	for _, part := range []string{credentials.APIKey, credentials.ClientID, credentials.ClientSecret} {
		// The length goes first, so that no two triples are the same bytes.
		_, _ = digest.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		_, _ = digest.Write([]byte(part))
	}
	return sessionKey(digest.Sum(nil))
}
