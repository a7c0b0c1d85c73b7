// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Observation is what came of one look at a job: either the job as Vectara returned it, or the fault that kept it from
// doing so.
type Observation struct {
	// Asked is when the request was sent. Observations of a job are told in this order, an older one never after a
	// newer one.
	Asked time.Time
	// Answered is when the answer was complete.
	Answered time.Time
	// Request is what the watcher wanted when the request was sent.
	Request Request
	// Job is the job as Vectara returned it; nil when there is a Fault.
	Job *vectara.Job
	// Fault is why there is no job; nil when there is one.
	Fault *Fault
	// Failures counts how many observations in a row were faults of this kind, this one included; 0 with a job.
	Failures int
}

// saysTheSame reports whether somebody who has read o learns nothing from other.
func (o *Observation) saysTheSame(other *Observation) bool {
	return o.Request == other.Request && o.Fault.Is(other.Fault) && sameJob(o.Job, other.Job)
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
