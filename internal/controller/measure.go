// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// Meter is told what becomes of jobs, for metrics. Its methods must not block.
type Meter interface {
	// JobEnded tells that a job was seen to have ended, and in which final state.
	JobEnded(kind v1alpha1.JobType, outcome v1alpha1.JobState)
	// JobRan tells for how long a job ran that has ended, by Vectara's clock, and in which final state it ended.
	JobRan(kind v1alpha1.JobType, outcome v1alpha1.JobState, d time.Duration)
	// EndShown tells how long after the end of its job, by Vectara's clock, a VectaraJob showed it.
	EndShown(lag time.Duration)
}

// oldEnd is how long ago a job may have ended that is seen for the first time and still counts as one that has just ended:
// coming upon the jobs of yesterday is no wave of failures.
const oldEnd = time.Hour

// measure tells the meter of a job whose end has just been written. A second look at a job that had ended is no second
// end. Clocks that disagree make no time that is negative.
func (r *Reconciler) measure(before, after *v1alpha1.VectaraJob, found finding) {
	if r.Meter == nil || found.job == nil || before.IsFinished() || !after.IsFinished() {
		return
	}
	started, ended := found.job.StartedAt, found.job.CompletedAt
	if before.IsSeen() || ended.IsZero() || r.Now().Sub(ended) < oldEnd {
		r.Meter.JobEnded(after.Status.Type, after.Status.State)
	}
	if ended.IsZero() {
		return
	}
	if !started.IsZero() {
		r.Meter.JobRan(after.Status.Type, after.Status.State, max(ended.Sub(started), 0))
	}
	// How late the end of a job is shown that nobody had watched says nothing about the operator.
	if before.IsSeen() || after.CreationTimestamp.Time.Before(ended) {
		r.Meter.EndShown(max(r.Now().Sub(ended), 0))
	}
}
