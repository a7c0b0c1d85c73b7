// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// maxNote is the longest note that the API server takes in an event, in bytes.
const maxNote = 1024

// untilSecretChanges is when a job is looked at again that there are no credentials for.
const untilSecretChanges = "when the Secret changes"

// announce says in the log and in events what a finding changed. A write that only acknowledges something is not worth a
// word.
func (r *Reconciler) announce(ctx context.Context, before, after *v1alpha1.VectaraJob, found finding) {
	log := ctrl.LoggerFrom(ctx).WithValues("jobID", after.Spec.JobID)
	synced := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionSynced)
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if synced == nil || ready == nil {
		return
	}

	if wasSynced := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionSynced); changed(wasSynced, synced) {
		switch {
		case synced.Status == metav1.ConditionFalse:
			r.logTrouble(log, wasSynced, after, found)
			r.emit(after, corev1.EventTypeWarning, "Poll", synced.Reason, synced.Message)
		case wasSynced != nil:
			log.Info("Can see the job again", "reasonBefore", wasSynced.Reason,
				"outOfSight", inSeconds(found.answered.Sub(wasSynced.LastTransitionTime.Time)))
			r.emit(after, corev1.EventTypeNormal, "Poll", synced.Reason, synced.Message)
		}
	}

	if synced.Status == metav1.ConditionTrue && (!before.IsSeen() || before.Status.State != after.Status.State) {
		logState(log, before, after)
		// That a job was come upon while it is under way is no event of its life, and status says it.
		if before.IsSeen() || after.IsFinished() {
			r.emit(after, severity(after.Status.State), "Mirror", ready.Reason, stateNote(after.Status, ready.Message))
		}
	}
}

// announceDeletion says in the log that an object was deleted because its time after the end of its job is over.
func announceDeletion(ctx context.Context, object *v1alpha1.VectaraJob, ttl time.Duration) {
	ctrl.LoggerFrom(ctx).Info("Deleted the resource: its ttlSecondsAfterFinished is over",
		"jobID", object.Spec.JobID, "state", object.Status.State, "ttl", inSeconds(ttl))
}

// logTrouble says why the job cannot be seen, and when the next look is, unless there is none.
func (r *Reconciler) logTrouble(log logr.Logger, wasSynced *metav1.Condition, object *v1alpha1.VectaraJob, found finding) {
	synced := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionSynced)
	log = log.WithValues("reason", synced.Reason)
	if wasSynced != nil && wasSynced.Status == metav1.ConditionFalse {
		log = log.WithValues("reasonBefore", wasSynced.Reason)
	}
	if found.trouble != nil && found.trouble.requestID != "" {
		log = log.WithValues("requestID", found.trouble.requestID)
	}
	if object.IsSeen() {
		log = log.WithValues("lastKnownState", object.Status.State)
	}
	if next := r.nextLook(object, found.observation); next != "" {
		log = log.WithValues("nextLook", next)
	}
	log.Info("Cannot see the job", "message", synced.Message)
}

// nextLook is how long it is from a fault until the job is asked again: at the latest, as a Secret that changes or
// somebody who asks cuts it short. It is empty if nobody asks again.
func (r *Reconciler) nextLook(object *v1alpha1.VectaraJob, o *jobs.Observation) string {
	if o == nil {
		return untilSecretChanges
	}
	next := newSchedule(object, r.Bounds).Next(*o)
	if next.IsZero() {
		return ""
	}
	wait := next.Sub(o.Answered)
	if o.Fault != nil && o.Fault.Kind == jobs.RateLimited {
		wait = max(wait, o.Fault.RetryAfter)
	}
	return inSeconds(wait)
}

// logState says what state the job is in now, and how it came there.
func logState(log logr.Logger, before, after *v1alpha1.VectaraJob) {
	status := after.Status
	message := "Found the job"
	log = log.WithValues("state", status.State)
	if before.IsSeen() {
		message = "The job changed its state"
		log = log.WithValues("stateBefore", before.Status.State,
			"timeInStateBefore", inSeconds(status.LastTransitionTime.Sub(stateSince(before))))
	}
	log = log.WithValues("type", status.Type)
	if !before.IsSeen() && status.CreatedAt != nil {
		log = log.WithValues("createdAt", status.CreatedAt.UTC().Format(time.RFC3339))
	}
	if severity(status.State) == corev1.EventTypeWarning && status.Comment != "" {
		log = log.WithValues("comment", quoted(status.Comment))
	}
	if status.State.IsFinal() {
		message = "The job ended"
		if ran := runTime(status); ran > 0 {
			log = log.WithValues("runTime", inSeconds(ran))
		}
	}
	log.Info(message)
}

// stateNote is what an event says of a state: what the condition says, and what is worth knowing when status shows the
// next state already.
func stateNote(status v1alpha1.VectaraJobStatus, message string) string {
	switch status.State {
	case v1alpha1.JobStateFailedWillRetry:
		if status.Comment != "" {
			return message + " " + quoted(status.Comment)
		}
	case v1alpha1.JobStateCompleted:
		if ran := runTime(status); ran > 0 {
			return message + " It ran for " + inSeconds(ran) + "."
		}
	}
	return message
}

// runTime is how long it was from the start of the job to its end, as Vectara says; 0 if it does not.
func runTime(status v1alpha1.VectaraJobStatus) time.Duration {
	if status.StartedAt == nil || status.CompletedAt == nil {
		return 0
	}
	return status.CompletedAt.Sub(status.StartedAt.Time)
}

// quoted is a comment as one line of bounded length.
func quoted(comment string) string { return clip(oneLine(comment), maxWords) }

// inSeconds is a duration for people. Clocks that disagree by a moment make none that is negative.
func inSeconds(d time.Duration) string { return max(d, 0).Round(time.Second).String() }

// changed reports whether a condition says anything else than before, but for its message.
func changed(before, after *metav1.Condition) bool {
	return before == nil || before.Status != after.Status || before.Reason != after.Reason
}

func severity(state v1alpha1.JobState) string {
	switch state {
	case v1alpha1.JobStateFailed, v1alpha1.JobStateAborted, v1alpha1.JobStateFailedWillRetry:
		return corev1.EventTypeWarning
	default:
		return corev1.EventTypeNormal
	}
}

func (r *Reconciler) emit(object *v1alpha1.VectaraJob, kind, action, reason, note string) {
	r.Recorder.Eventf(object, nil, kind, reason, action, "%s", clipBytes(note, maxNote))
}
