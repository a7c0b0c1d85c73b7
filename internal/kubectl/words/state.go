// SPDX-License-Identifier: Apache-2.0

package words

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// firstLook is the time after the creation of a VectaraJob within which the operator has come upon its job. A state that
// it first saw later than that is one that it saw begin.
const firstLook = 10 * time.Second

// State is the state of the job in a word, also when Vectara gave none.
func State(job *v1alpha1.VectaraJob) string {
	switch {
	case !job.IsSeen():
		return "not seen yet"
	case job.Status.State == "":
		return "without a state"
	default:
		return Clean(string(job.Status.State))
	}
}

// LastKnown says, as a part of a sentence, what was known of the job before nobody could see it any more.
func LastKnown(job *v1alpha1.VectaraJob) string {
	if !job.IsSeen() {
		return "its job was never seen"
	}
	return "last known state: " + State(job)
}

// Since is since when the job is in its state, and zero if it was never seen. If the operator did not see the state begin,
// that is when Vectara says it did; and how a job ended, Vectara always knows better.
func Since(job *v1alpha1.VectaraJob) time.Time {
	if !job.IsSeen() {
		return time.Time{}
	}
	seen := job.Status.LastTransitionTime.Time
	begun := begun(job)
	if begun == nil || begun.After(seen) || !job.IsFinished() && seen.Sub(job.CreationTimestamp.Time) > firstLook {
		return seen
	}
	return begun.Time
}

// begun is when the state of the job began as far as Vectara says so.
func begun(job *v1alpha1.VectaraJob) *metav1.Time {
	switch job.Status.State {
	case v1alpha1.JobStateQueued:
		return job.Status.CreatedAt
	case v1alpha1.JobStateStarted:
		return job.Status.StartedAt
	case v1alpha1.JobStateCompleted, v1alpha1.JobStateFailed, v1alpha1.JobStateAborted:
		return job.Status.CompletedAt
	default:
		return nil
	}
}

// Took is how long the job ran until it ended, or how long it existed if it was never started. It is 0 when that took less
// than a second, when Vectara did not say, or when its times make no sense.
func Took(job *v1alpha1.VectaraJob) time.Duration {
	begun := job.Status.StartedAt
	if begun == nil {
		begun = job.Status.CreatedAt
	}
	if begun == nil || job.Status.CompletedAt == nil {
		return 0
	}
	return max(0, job.Status.CompletedAt.Sub(begun.Time))
}

// trouble is why the job cannot be seen at present, fit to be printed, or nil. Nobody asks about a job that has ended, but
// for a request through the annotation, and its outcome stays.
func trouble(job *v1alpha1.VectaraJob) *metav1.Condition {
	synced := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionSynced)
	if synced == nil || synced.Status != metav1.ConditionFalse || job.IsFinished() {
		return nil
	}
	synced = synced.DeepCopy()
	synced.Reason, synced.Message = Clean(synced.Reason), Clean(synced.Message)
	return synced
}
