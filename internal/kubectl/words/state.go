// SPDX-License-Identifier: Apache-2.0

package words

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// State is the state of the job in a word, also when Vectara gave none.
func State(job *v1alpha1.VectaraJob) string {
	switch {
	case !job.IsSeen():
		return "not seen yet"
	case job.Status.State == "":
		return "without a state"
	default:
		return plaintext.OneLine(string(job.Status.State))
	}
}

// LastKnown says, as a part of a sentence, what was known of the job when it could last be polled.
func LastKnown(job *v1alpha1.VectaraJob) string {
	if !job.IsSeen() {
		return "its job was never seen"
	}
	return "last known state: " + State(job)
}

// Since is since when the job is in its state, and zero if it was never seen. The operator's schedule uses the same time: when
// Vectara says that the state began, or else when it was first seen. A time after that comes from a clock that is ahead.
func Since(job *v1alpha1.VectaraJob) time.Time {
	if !job.IsSeen() {
		return time.Time{}
	}
	seen := job.Status.LastTransitionTime
	if begun := begun(job); begun != nil && !begun.After(seen.Time) {
		return begun.Time
	}
	return seen.Time
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

// fault is why status cannot be confirmed at present, fit to be printed, or nil. A job that has ended is polled only when the
// annotation requests it, and its outcome stays.
func fault(job *v1alpha1.VectaraJob) *metav1.Condition {
	synced := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionSynced)
	if synced == nil || synced.Status != metav1.ConditionFalse || job.IsFinished() {
		return nil
	}
	return cleanCondition(synced)
}

// cleanCondition is a condition that is fit to be printed.
func cleanCondition(c *metav1.Condition) *metav1.Condition {
	c = c.DeepCopy()
	c.Reason, c.Message = plaintext.OneLine(c.Reason), plaintext.OneLine(c.Message)
	return c
}

// unconfirmed says why status cannot be confirmed at present, as a part of a sentence.
func unconfirmed(reason string) string {
	switch reason {
	case v1alpha1.ReasonAPIUnavailable:
		return "Vectara cannot be reached (" + reason + ")"
	case v1alpha1.ReasonRateLimited:
		return "the rate of requests is limited (" + reason + ")"
	case v1alpha1.ReasonInvalidResponse:
		return "Vectara's response is invalid (" + reason + ")"
	case v1alpha1.ReasonJobNotFound:
		return "Vectara does not know the job yet (" + reason + ")"
	default:
		return "status cannot be confirmed (" + reason + ")"
	}
}
