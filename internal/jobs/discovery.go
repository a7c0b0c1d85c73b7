// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// ListSubscription says which jobs of an account a subscriber wants to be told of.
type ListSubscription struct {
	Key Key
	// UID tells a subscriber from an earlier one of the same name. A new UID starts afresh.
	UID string
	// Credentials are sent with the requests.
	Credentials vectara.Credentials
	// Request is what the subscriber waits for at present. When it changes, the jobs are listed at once.
	Request Request
	// States are the states of the jobs to list; empty means any.
	States []string
	// Window says which jobs to list by their age.
	Window Window
	// Listed is when the last complete list began that the subscriber has written down; zero if there is none. The next
	// list reaches back to it, so that no job is lost between the two.
	Listed time.Time
	// Match reports whether a job is wanted. It is called with jobs in other states too. It must be pure.
	Match func(*vectara.Job) bool
	// CorpusKeys are those of which the listing says whether some job works on them.
	CorpusKeys []string
	// Interval is the time from one list to the next.
	Interval time.Duration
	// Enqueue is called when there is something new to read. It must neither block nor call the source.
	Enqueue func(Key)
}

// Window is a time of creation after which jobs are wanted. The zero Window is unbounded.
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

// Listing is what came of listing jobs.
type Listing struct {
	// Asked is when the first page was requested, and Answered when the last one was complete.
	Asked, Answered time.Time
	// Request is the newest request of the subscriber that this answers.
	Request Request
	// Since is when the window began. Jobs without a time of creation are in every window.
	Since time.Time
	// Jobs are those that match, ordered by ID; nil if there is a Fault.
	Jobs []Found
	// Any says that there are jobs in the window, whether they match or not.
	Any bool
	// CorpusKeys are those of the subscription on which some job in the window works, whether it matches or not; sorted.
	CorpusKeys []string
	// Truncated says that the list was longer than the source reads, so that Jobs are not all.
	Truncated bool
	// Fault is why there is no list; nil if there is one.
	Fault *Fault
	// Failures counts the lists in a row that failed with this kind of fault; 0 without one.
	Failures int
}

// Found is a job on a list.
type Found struct {
	// ID is as Vectara wrote it: it need not be an ID that can be polled.
	ID string
	// CreatedAt is when the job was created; zero if Vectara does not say.
	CreatedAt time.Time
}

// sameResult reports whether two listings say the same, whatever requests they answer.
func (l *Listing) sameResult(other *Listing) bool {
	return l.Truncated == other.Truncated && l.Fault.Is(other.Fault) && l.Any == other.Any && slices.Equal(l.CorpusKeys, other.CorpusKeys) &&
		slices.EqualFunc(l.Jobs, other.Jobs, func(a, b Found) bool { return a.ID == b.ID && a.CreatedAt.Equal(b.CreatedAt) })
}
