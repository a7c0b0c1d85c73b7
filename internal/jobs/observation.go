// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Observation is what is known of a job: what the newest poll brought, and whether the next one is overdue.
type Observation struct {
	// Asked is when the request was sent, and Answered when its response was complete. Both are zero if the job was never
	// polled for this subscriber; Overdue is set then.
	Asked, Answered time.Time
	// Request is the newest request of the subscriber that this answers.
	Request Request
	// Job is the job as Vectara returned it; nil if the poll failed or was never made.
	Job *vectara.Job
	// StateSince is when the source saw the job enter the state that it is in; zero if the job was in that state when it was
	// first seen.
	StateSince time.Time
	// Fault is why the poll brought no job; nil if it did, or was never made.
	Fault *Fault
	// Failures counts the polls in a row that failed with this kind of fault; 0 without one.
	Failures int
	// Overdue is why the next poll has not been made although it is late; nil if it is not. What the poll before brought
	// still stands, but nobody has been able to confirm it.
	Overdue *Fault
}

// sameResult reports whether two observations say the same, whatever requests they answer.
func (o *Observation) sameResult(other *Observation) bool {
	return o.Fault.Is(other.Fault) && o.Overdue.Is(other.Overdue) && sameJob(o.Job, other.Job)
}

func sameJob(a, b *vectara.Job) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ID == b.ID && a.Type == b.Type && a.State == b.State &&
		slices.Equal(a.CorpusKeys, b.CorpusKeys) &&
		a.CreatedAt.Equal(b.CreatedAt) && a.StartedAt.Equal(b.StartedAt) && a.CompletedAt.Equal(b.CompletedAt) &&
		a.CreatedByUsername == b.CreatedByUsername && a.Comment == b.Comment
}
