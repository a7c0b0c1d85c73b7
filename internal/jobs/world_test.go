// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// call is a request that the fake Vectara got.

type call struct {
	at  time.Time
	key string // the API key
	id  string
}

// fakeVectara answers with what answer says, after latency, and writes down what it was asked.

type fakeVectara struct {
	mu        sync.Mutex
	calls     []call
	cancelled int // calls that were given up
	// breakOnCancel has a call that is given up fail as if the connection had broken.
	breakOnCancel bool
	latency       time.Duration
	delays        map[string]time.Duration // by job, where it is not latency
	answer        func(key, id string) (vectara.Job, error)

	list      func(vectara.ListQuery) (vectara.Page, error)
	listDelay time.Duration

	redacted map[string][]string // the former keys that a session was told of, by its key
}

func (f *fakeVectara) open(credentials vectara.Credentials, _ func()) API {
	return session0{f, credentials.APIKey}
}

type session0 struct {
	vectara *fakeVectara
	key     string
}

func (s session0) GetJob(ctx context.Context, id string) (vectara.Job, error) {
	s.vectara.mu.Lock()
	s.vectara.calls = append(s.vectara.calls, call{time.Now(), s.key, id})
	latency, answer := s.vectara.latency, s.vectara.answer
	if delay, ok := s.vectara.delays[id]; ok {
		latency = delay
	}
	s.vectara.mu.Unlock()
	select {
	case <-time.After(latency):
		return answer(s.key, id)
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return vectara.Job{}, &vectara.TransportError{Operation: vectara.OperationGetJob, Kind: vectara.KindTimeout, Detail: "timed out"}
		}
		s.vectara.mu.Lock()
		defer s.vectara.mu.Unlock()
		s.vectara.cancelled++
		if s.vectara.breakOnCancel {
			return vectara.Job{}, &vectara.TransportError{Operation: vectara.OperationGetJob, Kind: vectara.KindReset, Detail: "broken"}
		}
		return vectara.Job{}, ctx.Err()
	}
}

// ListJobs answers what list says at the time of the call, after latency. Where a test has none, lists are forbidden.

func (s session0) ListJobs(_ context.Context, query vectara.ListQuery) (vectara.Page, error) {
	s.vectara.mu.Lock()
	list, delay := s.vectara.list, max(s.vectara.listDelay, s.vectara.latency)
	s.vectara.mu.Unlock()
	if list == nil {
		return vectara.Page{}, status(403, 0)
	}
	page, err := list(query)
	<-time.After(delay)
	return page, err
}

func (f *fakeVectara) respond(answer func(key, id string) (vectara.Job, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fakeVectara) count(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if id == "" || c.id == id {
			n++
		}
	}
	return n
}

func (f *fakeVectara) asked() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// every asks at fixed intervals, and never again once the job has ended.

type every time.Duration

func (e every) First(now time.Time) time.Time { return now.Add(time.Duration(e)) }

func (e every) Next(o Observation) time.Time {
	if o.Job != nil && slices.Contains(finalStates, o.Job.State) {
		return time.Time{}
	}
	return o.Answered.Add(time.Duration(e))
}

// world is a source that runs in a bubble of fake time, with its Vectara and its wakes.

type world struct {
	t       *testing.T
	vectara *fakeVectara
	source  *Source
	stop    func()

	dozing bool // whether those who are woken do not read their news
	mu     sync.Mutex
	wakes  map[Key]int
}

// read has a watcher read its news, as a reconciler does that is woken.

func (w *world) read(key Key) {
	w.source.mu.Lock()
	watcher := w.source.subscribers[key]
	if watcher == nil {
		w.source.mu.Unlock()
		return
	}
	watch := watcher.Subscription
	w.source.mu.Unlock()
	w.source.Watch(watch)
}

// inWorld runs a test in a bubble of fake time, in which waiting takes no time.

func inWorld(t *testing.T, limits Limits, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, vectara: &fakeVectara{latency: 20 * time.Millisecond, answer: inState("started")}, wakes: map[Key]int{}}
		w.source = NewSource(w.vectara.open, limits, func(key Key) {
			w.mu.Lock()
			w.wakes[key]++
			w.mu.Unlock()
			if !w.dozing {
				go w.read(key)
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.source.Run(ctx) }()
		w.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run returned %v", err)
			}
		})
		defer w.stop()
		test(w)
	})
}

var ample = Limits{RequestsPerSecond: 1000, Burst: 1000}

func inState(state string) func(string, string) (vectara.Job, error) {
	return func(_, id string) (vectara.Job, error) { return vectara.Job{ID: id, State: state}, nil }
}

func failing(err error) func(string, string) (vectara.Job, error) {
	return func(string, string) (vectara.Job, error) { return vectara.Job{}, err }
}

func status(code int, retryAfter time.Duration) error {
	return &vectara.APIError{Operation: vectara.OperationGetJob, StatusCode: code, RetryAfter: retryAfter}
}

func credentials(_, key string) vectara.Credentials {
	return vectara.Credentials{APIKey: key}
}

// watching is a Watch for a new object; each changes one thing about it.

func watching(name string, changes ...func(*Subscription)) Subscription {
	w := Subscription{
		Key: Key{"ns", name}, UID: "uid-" + name, JobID: "job_" + name,
		Credentials: credentials("secret", "key"),
		Timeout:     10 * time.Second, Request: Request{Generation: 1}, Urgent: true, Schedule: every(10 * time.Second),
	}
	for _, change := range changes {
		change(&w)
	}
	return w
}

func settled(w *Subscription) { w.Urgent = false }

// after lets time pass.

func (w *world) after(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

func (w *world) wakesOf(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wakes[Key{"ns", name}]
}

func (w *world) expectCalls(id string, want int, when string) {
	w.t.Helper()
	if got := w.vectara.count(id); got != want {
		w.t.Errorf("%s: %d calls for %q, want %d", when, got, id, want)
	}
}

// latest is what a watcher reads, without changing what it wants.

func (w *world) latest(watch Subscription) *Observation {
	w.t.Helper()
	o, ok := w.source.Watch(watch)
	if !ok {
		return nil
	}
	return &o
}

func (s session0) AlsoRedact(former vectara.Credentials) {
	s.vectara.mu.Lock()
	defer s.vectara.mu.Unlock()
	if s.vectara.redacted == nil {
		s.vectara.redacted = map[string][]string{}
	}
	s.vectara.redacted[s.key] = append(s.vectara.redacted[s.key], former.APIKey)
}

// reason is why a job cannot be seen or confirmed at present; empty if it can.
func (o *Observation) reason() FaultKind {
	switch {
	case o == nil:
		return "nothing is known"
	case o.Overdue != nil:
		return o.Overdue.Kind
	case o.Fault != nil:
		return o.Fault.Kind
	default:
		return ""
	}
}
