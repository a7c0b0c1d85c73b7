// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// ListWatch says which jobs of an account somebody wants listed.
type ListWatch struct {
	Key Key
	// UID tells a watcher from an earlier one of the same name. A new UID starts afresh.
	UID string
	// Credentials are what to ask with.
	Credentials Credentials
	// Request is what the watcher wants at present. When it changes, a list is made at once.
	Request Request
	// States are the states of the jobs to list; empty means any.
	States []string
	// Window says which jobs to list by their age.
	Window Window
	// Match reports whether a job is wanted. It is asked about jobs of other states too. It must be pure.
	Match func(*vectara.Job) bool
	// Interval is the time from one list to the next.
	Interval time.Duration
	// Wake is called when there is something new to read. It must neither block nor call the source.
	Wake func(Key)
}

// Window is a time of creation after which jobs are wanted. The zero Window is as wide as time.
type Window struct {
	// Since is a fixed time; not used when LookBack is set.
	Since time.Time
	// LookBack is how far back the window reaches at any time.
	LookBack time.Duration
}

// Start is when the window begins, at a time.
func (w Window) Start(now time.Time) time.Time {
	if w.LookBack > 0 {
		return now.Add(-w.LookBack)
	}
	return w.Since
}

// Listing is what came of making a list.
type Listing struct {
	// Asked is when the first page was asked for, and Answered when the last one came.
	Asked, Answered time.Time
	// Request is what the watcher wanted when the list was begun.
	Request Request
	// Since is when the window began. Jobs without a time of creation are in every window.
	Since time.Time
	// Jobs are those that match, ordered by ID. When the list is not complete, they are those that were found before it ended.
	Jobs []Found
	// Truncated says that the list was longer than the source reads, so that Jobs are not all.
	Truncated bool
	// Fault is why the list is not complete; nil if it is, or if it was truncated.
	Fault *Fault
	// Failures counts how many lists in a row failed with faults of this kind, this one included.
	Failures int
}

// Found is a job on a list.
type Found struct {
	// ID is Vectara's word: it need not be an ID that can be asked for.
	ID string
	// CreatedAt is when the job was created; the zero time if Vectara does not say.
	CreatedAt time.Time
}

// saysTheSame reports whether somebody who has read l learns nothing from other.
func (l *Listing) saysTheSame(other *Listing) bool {
	return l.Request == other.Request && l.Truncated == other.Truncated && l.Fault.Is(other.Fault) &&
		slices.EqualFunc(l.Jobs, other.Jobs, func(a, b Found) bool { return a.ID == b.ID && a.CreatedAt.Equal(b.CreatedAt) })
}

// listWatcher is a ListWatch, and what it was told.
type listWatcher struct {
	ListWatch
	session *session
	latest  *Listing
	due     time.Time
}

// hear takes in a listing, plans the next one, and wakes the watcher if it is news. What was begun before something else was
// told is told no more.
func (w *listWatcher) hear(l Listing) {
	if w.latest != nil && l.Asked.Before(w.latest.Asked) {
		return
	}
	l.Failures = 0
	if l.Fault != nil {
		l.Failures = 1
		if w.latest != nil && w.latest.Fault != nil && w.latest.Fault.Kind == l.Fault.Kind {
			l.Failures += w.latest.Failures
		}
	}
	w.plan(l)
	news := w.latest == nil || !w.latest.saysTheSame(&l)
	w.latest = &l
	if news {
		w.Wake(w.Key)
	}
}

// plan sets when the next list is due. What concerns the whole session is for the gate to say.
func (w *listWatcher) plan(l Listing) {
	seed := seedOf(w.UID)
	switch {
	case l.Request != w.Request || l.Fault.concernsSession():
	case l.Fault == nil:
		w.due = l.Answered.Add(jittered(w.Interval, seed, l.Asked))
	case l.Fault.Kind == PermissionDenied || l.Fault.Kind == NotFound:
		w.due = l.Answered.Add(jittered(RefusedPause, seed, l.Asked))
	default:
		w.due = l.Answered.Add(Backoff(l.Failures, seed^uint64(l.Asked.UnixNano())))
	}
}

// wants reports whether a page's job is one that the watcher asked for, by what is known of it.
func (w *listWatcher) wants(job *vectara.Job, since time.Time) bool {
	return (job.CreatedAt.IsZero() || !job.CreatedAt.Before(since)) && w.Match(job)
}

// listJitter is the share by which the interval of lists is made longer or shorter.
const listJitter = 0.1

func jittered(d time.Duration, seed uint64, asked time.Time) time.Duration {
	return time.Duration(float64(d) * (1 - listJitter + 2*listJitter*Fraction(seed, uint64(asked.UnixNano()))))
}

func seedOf(uid string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(uid)) // A hash never fails to write.
	return hash.Sum64()
}

func byID(a, b Found) int { return strings.Compare(a.ID, b.ID) }

// List has jobs listed from now on, and returns the newest listing that was made for this watcher with these credentials,
// if there is one. Calling it again with the same ListWatch changes nothing.
func (s *Source) List(watch ListWatch) (Listing, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	w := s.lists[watch.Key]
	if w != nil && w.UID != watch.UID {
		s.dropList(w)
		w = nil
	}
	switch key := watch.Credentials.key(); {
	case w == nil:
		w = &listWatcher{ListWatch: watch, due: time.Now()}
		s.lists[watch.Key] = w
		s.joinList(w, key)
	case w.session.key != key:
		s.leaveList(w)
		w.ListWatch, w.latest, w.due = watch, nil, time.Now()
		s.joinList(w, key)
	default:
		if w.Request != watch.Request {
			w.session.sweep.leaveOut(w) // What is under way is a list of what was wanted before.
			w.due = time.Now()
		}
		w.ListWatch = watch
		s.reschedule(w.session)
	}
	if w.latest == nil {
		return Listing{}, false
	}
	return *w.latest, true
}

// ForgetList ends the lists of a watcher.
func (s *Source) ForgetList(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.lists[key]; ok {
		s.dropList(w)
	}
}

func (s *Source) joinList(w *listWatcher, key sessionKey) {
	w.session = s.sessionOf(key, w.Credentials)
	w.session.lists[w.Key] = w
	s.reschedule(w.session)
}

func (s *Source) leaveList(w *listWatcher) {
	session := w.session
	session.sweep.leaveOut(w)
	delete(session.lists, w.Key)
	session.noteUse()
	s.retire(session)
	s.reschedule(session)
}

func (s *Source) dropList(w *listWatcher) {
	delete(s.lists, w.Key)
	s.leaveList(w)
}
