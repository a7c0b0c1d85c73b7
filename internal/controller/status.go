// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// finding is what one look at an object's job brought: the job, or the trouble that kept it from being seen. With
// neither, nothing was to be looked at, and only the request is acknowledged.
type finding struct {
	request  jobs.Request
	answered time.Time
	job      *vectara.Job
	trouble  *trouble

	// observation is what this was made of; nil if no call was made.
	observation *jobs.Observation
}

// answersAnotherWish reports whether the finding is for another specification or another explicit wish than status.
func (f finding) answersAnotherWish(object *v1alpha1.VectaraJob) bool {
	return f.request.Generation != object.Status.ObservedGeneration ||
		f.request.RequestedAt != "" && f.request.RequestedAt != object.Status.LastHandledReconcileAt
}

// The bounds of the strings and lists of status, in characters and elements. The CRD has the same.
const (
	maxState      = 128
	maxType       = 128
	maxCorpusKeys = 1000
	maxCorpusKey  = 128
	maxUsername   = 256
	maxComment    = 4096
	maxRequest    = 256
)

// nextStatus is the status of an object after a finding: the one place where status is decided.
//
// What was mirrored changes only when Vectara answered with the job. Conditions say the rest.
func nextStatus(object *v1alpha1.VectaraJob, found finding, now time.Time) v1alpha1.VectaraJobStatus {
	next := object.DeepCopy()
	next.Status.ObservedGeneration = found.request.Generation
	if found.request.RequestedAt != "" {
		next.Status.LastHandledReconcileAt = found.request.RequestedAt
	}

	switch {
	case found.job != nil:
		mirror(&next.Status, found.job, found.answered)
		setConditions(next, now, append(outcome(next.Status), condition(v1alpha1.ConditionSynced, metav1.ConditionTrue,
			v1alpha1.ReasonSynced, "Status is what Vectara returned for this job.")))
	case found.trouble != nil:
		setConditions(next, now, troubled(object, found, now))
	default:
		setConditions(next, now, ownConditions(next))
	}
	return next.Status
}

// mirror copies what Vectara said into status, within bounds: nothing that Vectara may send makes the write fail.
func mirror(status *v1alpha1.VectaraJobStatus, job *vectara.Job, answered time.Time) {
	state := v1alpha1.JobState(clip(job.State, maxState))
	if status.LastTransitionTime == nil || status.State != state {
		status.LastTransitionTime = timestamp(answered)
	}
	status.State = state
	status.Type = v1alpha1.JobType(clip(job.Type, maxType))
	status.CorpusKeys = nil
	for _, key := range job.CorpusKeys[:min(len(job.CorpusKeys), maxCorpusKeys)] {
		status.CorpusKeys = append(status.CorpusKeys, clip(key, maxCorpusKey))
	}
	status.CreatedAt = timestamp(job.CreatedAt)
	status.StartedAt = timestamp(job.StartedAt)
	status.CompletedAt = timestamp(job.CompletedAt)
	status.CreatedByUsername = clip(job.CreatedByUsername, maxUsername)
	status.Comment = clip(job.Comment, maxComment)
}

// timestamp is a time as the API server keeps it: to the second, in UTC.
func timestamp(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	return &metav1.Time{Time: t.UTC().Truncate(time.Second)}
}

// outcome is what a mirrored state means: Ready, and Reconciling or Stalled.
func outcome(status v1alpha1.VectaraJobStatus) []metav1.Condition {
	reconciling := func(reason, message string) []metav1.Condition {
		return []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message),
			condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message),
		}
	}
	stalled := func(reason, message string) []metav1.Condition {
		if status.Comment != "" {
			message += " " + clip(oneLine(status.Comment), maxWords)
		}
		return []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message),
			condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message),
		}
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
		return stalled(v1alpha1.ReasonJobFailed, "The job failed.")
	case v1alpha1.JobStateAborted:
		return stalled(v1alpha1.ReasonJobAborted, "The job was aborted.")
	case "":
		return reconciling(v1alpha1.ReasonJobStateUnknown, "Vectara does not say what state the job is in.")
	case v1alpha1.JobStateUnknown:
		return reconciling(v1alpha1.ReasonJobStateUnknown, "Vectara does not know what state the job is in.")
	default:
		return reconciling(v1alpha1.ReasonJobStateUnknown,
			fmt.Sprintf("Vectara says that the job is %q, a state that this version of the operator does not know.", status.State))
	}
}

// troubled is the conditions of an object whose job could not be looked at.
func troubled(object *v1alpha1.VectaraJob, found finding, now time.Time) []metav1.Condition {
	t := *found.trouble
	before := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionSynced)
	if found.answersAnotherWish(object) {
		before = nil // Who changed something or asked again wants to know what came of it.
	}
	message := t.message(before)
	conditions := []metav1.Condition{condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, t.reason, message)}
	switch {
	case object.IsFinished():
		// The outcome is known and stays.
		return append(conditions, outcome(object.Status)...)
	case t.blocking && !mayYetAppear(object, t, now):
		return append(conditions,
			condition(v1alpha1.ConditionReady, metav1.ConditionFalse, t.reason, message),
			condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, t.reason, message))
	case t.blocking:
		return append(conditions,
			condition(v1alpha1.ConditionReady, metav1.ConditionFalse, t.reason, message),
			condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, t.reason, message))
	}
	conditions = append(conditions, condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, t.reason, message))
	if !object.IsSeen() {
		return append(conditions, condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, t.reason, message))
	}
	for _, c := range outcome(object.Status) {
		if c.Type == v1alpha1.ConditionReady {
			conditions = append(conditions, c)
		}
	}
	return conditions
}

// mayYetAppear reports whether the trouble is that the job is not there, and the object so new that it may yet come.
func mayYetAppear(object *v1alpha1.VectaraJob, t trouble, now time.Time) bool {
	return t.reason == v1alpha1.ReasonJobNotFound && newSchedule(object, PollBounds{}).mayYetAppear(now)
}

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// setConditions gives an object the conditions wanted.
func setConditions(object *v1alpha1.VectaraJob, now time.Time, wanted []metav1.Condition) {
	putConditions(&object.Status.Conditions, object.Status.ObservedGeneration, now, wanted)
}

// putConditions puts the conditions wanted among those that there are, and takes those away that are there only while True.
// Conditions that somebody else put there stay as they are.
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
}

// ownConditions are the conditions of an object that this operator wrote.
func ownConditions(object *v1alpha1.VectaraJob) []metav1.Condition {
	var own []metav1.Condition
	for _, kind := range []string{
		v1alpha1.ConditionSynced, v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	} {
		if c := meta.FindStatusCondition(object.Status.Conditions, kind); c != nil {
			own = append(own, *c)
		}
	}
	return own
}
