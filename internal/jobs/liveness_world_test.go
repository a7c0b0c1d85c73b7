// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// usualLimits are the defaults of the operator.
var usualLimits = Limits{RequestsPerSecond: 20, Burst: 40}

// watchingObject is a subscriber that reads what is new to it, as a reconciler does, and what it was told.
type watchingObject struct {
	objectSubscription
	since            time.Time
	pending, reading bool

	first time.Time               // when it was first told of its job
	says  FaultKind               // what its Synced condition says now; empty if all is well
	said  map[FaultKind]time.Time // when it first said so
	read  time.Time               // when it last read anything

	// What Vectara returned: the truth to compare with.
	confirmed time.Time     // when its job was last asked for with success
	due       time.Time     // when the schedule wants the next poll
	late      time.Duration // the latest poll since the mark
}

// livenessWorld is a source in fake time, its account and its subscribers.
type livenessWorld struct {
	*testing.T
	account *partialAccount
	source  *livenessSource
	began   time.Time

	mu          sync.Mutex
	subscribers map[string]*watchingObject
	byJob       map[string]*watchingObject
	marked      time.Time
}

// inLivenessWorld runs a test in a bubble of fake time.
func inLivenessWorld(t *testing.T, limits Limits, test func(*livenessWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &livenessWorld{
			T: t, account: newPartialAccount(), began: time.Now(), marked: time.Now(),
			subscribers: map[string]*watchingObject{}, byJob: map[string]*watchingObject{},
		}
		w.account.returned = w.returned
		w.source = startLivenessSource(w.account, limits, w.enqueue)
		defer w.source.stop()
		test(w)
	})
}

// enqueue has a subscriber read what is new, in a goroutine of its own and one read at a time.
func (w *livenessWorld) enqueue(key Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.subscribers[key.Name]
	if s == nil {
		return
	}
	s.pending = true
	if !s.reading {
		s.reading = true
		go w.read(s)
	}
}

func (w *livenessWorld) read(s *watchingObject) {
	for {
		w.mu.Lock()
		if !s.pending {
			s.reading = false
			w.mu.Unlock()
			return
		}
		s.pending = false
		w.mu.Unlock()
		if o, ok := w.source.watch(s.objectSubscription); ok {
			w.told(s, o)
		}
	}
}

// told records what a subscriber was told.
func (w *livenessWorld) told(s *watchingObject, o Observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	s.read, s.says = now, ""
	if o.Job != nil && s.first.IsZero() {
		s.first = now
	}
	for _, fault := range []*Fault{o.Fault, overdueOf(o)} {
		if fault == nil {
			continue
		}
		s.says = fault.Kind
		if s.said[fault.Kind].IsZero() {
			s.said[fault.Kind] = now
		}
	}
}

// returned records that Vectara returned a job, and how late it was asked for.
func (w *livenessWorld) returned(job *vectara.Job, asked, answered time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.byJob[job.ID]
	if s == nil || asked.Before(s.confirmed) {
		return
	}
	s.late = max(s.late, w.lateness(s, asked))
	s.confirmed = asked
	s.due = s.schedule.Next(Observation{Asked: asked, Answered: answered, Job: job})
}

// lateness is how late a poll at a time is, counted from the mark at the earliest.
func (w *livenessWorld) lateness(s *watchingObject, at time.Time) time.Duration {
	from := s.due
	if from.Before(w.marked) {
		from = w.marked
	}
	return at.Sub(from)
}

// jobs adds jobs to the account that have been running for some time, and subscribes to them, all at once.
func (w *livenessWorld) jobs(prefix string, n int, age time.Duration, changes ...func(*objectSubscription)) []string {
	names := w.unwatchedJobs(prefix, n, age)
	for _, name := range names {
		w.subscribe(name, changes...)
	}
	return names
}

// unwatchedJobs adds jobs to the account. Each is a bit older than the one before.
func (w *livenessWorld) unwatchedJobs(prefix string, n int, age time.Duration) []string {
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("%s%05d", prefix, i)
		w.account.add("job_"+names[i], time.Now().Add(-age-time.Duration(i)*age/100_000))
	}
	return names
}

// subscribe subscribes to a job as a new object does; each change changes one thing about it.
func (w *livenessWorld) subscribe(name string, changes ...func(*objectSubscription)) {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name)) // A hash never fails to write.
	s := &watchingObject{
		since: time.Now(), due: time.Now(), said: map[FaultKind]time.Time{},
		pending: true, reading: true,
		objectSubscription: objectSubscription{
			name: name, jobID: "job_" + name, secret: "secret", credentials: vectara.Credentials{APIKey: "key"},
			timeout: 10 * time.Second, urgent: true, schedule: adaptiveSchedule{seed: hash.Sum64()},
		},
	}
	for _, change := range changes {
		change(&s.objectSubscription)
	}
	if !s.urgent {
		s.due = s.schedule.First(s.since)
	}
	w.mu.Lock()
	w.subscribers[name], w.byJob[s.jobID] = s, s
	w.mu.Unlock()
	w.read(s)
}

// afterRestart subscribes as for an object whose job was seen before.
func afterRestart(s *objectSubscription) { s.urgent = false }

// withClient has the credentials be those of an OAuth client.
func withClient(s *objectSubscription) {
	s.credentials = vectara.Credentials{ClientID: "client", ClientSecret: "secret"}
}

// atInterval has a job polled at fixed intervals.
func atInterval(interval time.Duration) func(*objectSubscription) {
	return func(s *objectSubscription) {
		a, _ := s.schedule.(adaptiveSchedule)
		s.schedule = adaptiveSchedule{seed: a.seed, fixed: interval}
	}
}

// mark begins the time in which lateness counts.
func (w *livenessWorld) mark() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marked = time.Now()
	for _, s := range w.subscribers {
		s.late = 0
	}
}

// latest returns the latest poll since the mark, of the subscribers whose names have a prefix.
func (w *livenessWorld) latest(prefix string) (time.Duration, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	most, name := time.Duration(0), ""
	for _, s := range w.of(prefix) {
		if late := max(s.late, w.lateness(s, time.Now())); late > most {
			most, name = late, s.name
		}
	}
	return most, name
}

func (w *livenessWorld) of(prefix string) []*watchingObject {
	names := slices.Sorted(maps.Keys(w.subscribers))
	var found []*watchingObject
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			found = append(found, w.subscribers[name])
		}
	}
	return found
}

// which returns the names, of those that have a prefix, for which something is true.
func (w *livenessWorld) which(prefix string, is func(*watchingObject) bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for _, s := range w.of(prefix) {
		if is(s) {
			names = append(names, s.name)
		}
	}
	return names
}
