// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// MetricsRecorder records how jobs end. Its methods must not block.
type MetricsRecorder interface {
	// JobEnded records that a job was seen to have ended, and its final state.
	JobEnded(kind v1alpha1.JobType, outcome v1alpha1.JobState)
	// JobRan records how long a job ran that has ended, by Vectara's clock, and its final state.
	JobRan(kind v1alpha1.JobType, outcome v1alpha1.JobState, d time.Duration)
	// EndShown records how long after the end of its job, by Vectara's clock, a VectaraJob showed it.
	EndShown(lag time.Duration)
}

// oldEnd is how long ago a job that is seen for the first time may have ended and still counts as just ended: mirroring the
// jobs of yesterday is no wave of failures.
const oldEnd = time.Hour

// recordMetrics records the end of a job that has just been written. A recheck of a job that had ended is no second end.
// Clocks that disagree make no negative durations.
func (r *Reconciler) recordMetrics(s scope, after *v1alpha1.VectaraJob) {
	before := s.object
	if r.Metrics == nil || s.observation == nil || s.observation.Job == nil || before.IsFinished() || !after.IsFinished() {
		return
	}
	started, ended := s.observation.Job.StartedAt, s.observation.Job.CompletedAt
	if before.IsSeen() || ended.IsZero() || s.now.Sub(ended) < oldEnd {
		r.Metrics.JobEnded(after.Status.Type, after.Status.State)
	}
	if ended.IsZero() {
		return
	}
	if !started.IsZero() {
		r.Metrics.JobRan(after.Status.Type, after.Status.State, max(ended.Sub(started), 0))
	}
	// How late an end is shown that nobody had watched for says nothing about the operator.
	if before.IsSeen() || after.CreationTimestamp.Time.Before(ended) {
		r.Metrics.EndShown(max(r.Now().Sub(ended), 0))
	}
}
