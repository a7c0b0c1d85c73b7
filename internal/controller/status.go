// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// The bounds of the strings and lists of status, in characters and elements. The CRD has the same.
const (
	maxState      = 128
	maxType       = 128
	maxCorpusKeys = 1000
	maxCorpusKey  = 128
	maxUsername   = 256
	maxComment    = 4096
	maxRequest    = 256
	maxConditions = 32
)

// withNextStatus is a copy of the object with its next status: the one place where status is decided.
//
// What was mirrored changes only when Vectara returned the job. Conditions say the rest.
func withNextStatus(s scope, fault *fault) *v1alpha1.VectaraJob {
	next := s.object.DeepCopy()
	request := s.acknowledged()
	next.Status.ObservedGeneration, next.Status.LastHandledReconcileAt = request.Generation, request.RequestedAt
	if s.isAnswered() && s.observation.Job != nil {
		mirror(&next.Status, s.observation)
	}
	switch {
	case fault != nil:
		putConditions(&next.Status.Conditions, request.Generation, s.now, faultConditions(s.object, next, fault))
	case s.isAnswered():
		putConditions(&next.Status.Conditions, request.Generation, s.now, append(outcome(next.Status), condition(v1alpha1.ConditionSynced, metav1.ConditionTrue,
			v1alpha1.ReasonSynced, "Status is what Vectara returned for this job.")))
	default:
		acknowledge(next.Status.Conditions, request.Generation)
	}
	return next
}

// mirror copies a job into status, within bounds: nothing that Vectara may send makes the write fail.
func mirror(status *v1alpha1.VectaraJobStatus, o *jobs.Observation) {
	job := o.Job
	state := v1alpha1.JobState(plaintext.Clip(job.State, maxState))
	if status.LastTransitionTime == nil || status.State != state {
		status.LastTransitionTime = timestamp(o.Answered)
		if !o.StateSince.IsZero() {
			status.LastTransitionTime = timestamp(o.StateSince)
		}
	}
	status.State = state
	status.Type = v1alpha1.JobType(plaintext.Clip(job.Type, maxType))
	status.CorpusKeys = nil
	for _, key := range job.CorpusKeys[:min(len(job.CorpusKeys), maxCorpusKeys)] {
		status.CorpusKeys = append(status.CorpusKeys, plaintext.Clip(key, maxCorpusKey))
	}
	status.CreatedAt = timestamp(job.CreatedAt)
	status.StartedAt = timestamp(job.StartedAt)
	status.CompletedAt = timestamp(job.CompletedAt)
	status.CreatedByUsername = plaintext.Clip(job.CreatedByUsername, maxUsername)
	status.Comment = plaintext.Clip(job.Comment, maxComment)
}

// timestamp is a time as the API server stores it: to the second, in UTC.
func timestamp(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	return &metav1.Time{Time: t.UTC().Truncate(time.Second)}
}

// timeOf is a time of a status; zero if it is absent.
func timeOf(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

// outcome are the conditions of a mirrored state: Ready first, then Reconciling or Stalled, if any.
func outcome(status v1alpha1.VectaraJobStatus) []metav1.Condition {
	failed := func(reason, message string) []metav1.Condition {
		if status.Comment != "" {
			message += " " + quoted(status.Comment)
		}
		return stalled(reason, message)
	}
	switch status.State {
	case v1alpha1.JobStateQueued:
		return reconciling(v1alpha1.ReasonJobQueued, "The job waits for its turn in Vectara.")
	case v1alpha1.JobStateStarted:
		return reconciling(v1alpha1.ReasonJobStarted, "The job is running in Vectara.")
	case v1alpha1.JobStateFailedWillRetry:
		return reconciling(v1alpha1.ReasonJobRetrying, "An attempt of the job failed. Vectara will make another.")
	case v1alpha1.JobStateCompleted:
		return []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonJobCompleted, "The job completed."),
		}
	case v1alpha1.JobStateFailed:
		return failed(v1alpha1.ReasonJobFailed, "The job failed.")
	case v1alpha1.JobStateAborted:
		return failed(v1alpha1.ReasonJobAborted, "The job was aborted.")
	case "":
		return reconciling(v1alpha1.ReasonJobStateUnknown, "Vectara does not say what state the job is in.")
	case v1alpha1.JobStateUnknown:
		return reconciling(v1alpha1.ReasonJobStateUnknown, "Vectara does not know what state the job is in.")
	default:
		return reconciling(v1alpha1.ReasonJobStateUnknown,
			fmt.Sprintf("Vectara says that the job is %q, a state that this version of the operator does not know.", status.State))
	}
}

// faultConditions are the conditions of an object whose job cannot be seen at present. The object before is needed for its
// messages.
func faultConditions(before, next *v1alpha1.VectaraJob, fault *fault) []metav1.Condition {
	synced := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionSynced)
	if next.Status.ObservedGeneration != before.Status.ObservedGeneration ||
		next.Status.LastHandledReconcileAt != before.Status.LastHandledReconcileAt {
		synced = nil // Whoever changed something or requested a poll needs the present message.
	}
	message := fault.message(synced)
	unsynced := condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, fault.reason, message)
	switch {
	case next.IsFinished():
		// The outcome is known and stays.
		return append(outcome(next.Status), unsynced)
	case fault.blocking:
		return append(stalled(fault.reason, message), unsynced)
	}
	conditions := append(reconciling(fault.reason, message), unsynced)
	switch {
	case fault.reason == v1alpha1.ReasonJobNotFound:
	case next.IsSeen():
		conditions[0] = outcome(next.Status)[0]
	default:
		conditions[0].Status = metav1.ConditionUnknown
	}
	return conditions
}

// reconciling are the conditions, Ready first, of an object for which waiting may help.
func reconciling(reason, message string) []metav1.Condition {
	return []metav1.Condition{
		condition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message),
		condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message),
	}
}

// stalled are the conditions, Ready first, of an object for which waiting does not help.
func stalled(reason, message string) []metav1.Condition {
	return []metav1.Condition{
		condition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message),
		condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message),
	}
}

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// putConditions sets the conditions wanted, and removes those that are there only while True. Conditions of others stay as
// they are, the last ones only as far as there is room.
func putConditions(conditions *[]metav1.Condition, generation int64, now time.Time, wanted []metav1.Condition) {
	for _, kind := range []string{v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if meta.FindStatusCondition(wanted, kind) == nil {
			meta.RemoveStatusCondition(conditions, kind)
		}
	}
	for _, c := range wanted {
		c.ObservedGeneration = generation
		c.LastTransitionTime = *timestamp(now) // Kept only where the status of the condition changes.
		meta.SetStatusCondition(conditions, c)
	}
	for i := len(*conditions) - 1; i >= 0 && len(*conditions) > maxConditions; i-- {
		if !isOurs((*conditions)[i].Type) {
			*conditions = slices.Delete(*conditions, i, i+1) // Or else status could not be written at all.
		}
	}
}

// isOurs reports whether the operator writes conditions of a type.
func isOurs(kind string) bool {
	switch kind {
	case v1alpha1.ConditionSynced, v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled:
		return true
	}
	return false
}

// acknowledge has the conditions that this operator wrote be for a generation, and leaves the rest as it is. Before the first
// generation was observed, conditions that look like the operator's are somebody else's.
func acknowledge(conditions []metav1.Condition, generation int64) {
	if generation < 0 {
		return
	}
	for i := range conditions {
		if isOurs(conditions[i].Type) {
			conditions[i].ObservedGeneration = generation
		}
	}
}
