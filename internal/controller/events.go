// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// maxNote is the longest note that the API server accepts in an event, in bytes.
const maxNote = 1024

// recordEvents records in the log and in events what a write changed. A write that only acknowledges something is not worth
// either.
func (r *Reconciler) recordEvents(ctx context.Context, s scope, d decision, after *v1alpha1.VectaraJob) {
	before := s.object
	log := ctrl.LoggerFrom(ctx).WithValues("jobID", after.Spec.JobID)
	synced := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionSynced)
	if synced == nil {
		return
	}

	if wasSynced := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionSynced); changed(wasSynced, synced) {
		switch {
		case synced.Status == metav1.ConditionFalse:
			logFault(log, wasSynced, s, d, after)
			emit(r.Recorder, after, corev1.EventTypeWarning, "Poll", synced.Reason, synced.Message)
		case wasSynced != nil:
			log.Info("Can poll the job again", "reasonBefore", wasSynced.Reason,
				"unconfirmedFor", inSeconds(s.now.Sub(wasSynced.LastTransitionTime.Time)))
			emit(r.Recorder, after, corev1.EventTypeNormal, "Poll", synced.Reason, synced.Message)
		}
	}

	if after.IsSeen() && (!before.IsSeen() || before.Status.State != after.Status.State) {
		logState(log, before, after)
		// That a job is under way when it is first seen is no event of its life, and status says it.
		if before.IsSeen() || after.IsFinished() {
			ready := outcome(after.Status)[0]
			emit(r.Recorder, after, severity(after.Status.State), "Mirror", ready.Reason, stateNote(after.Status, ready.Message))
		}
	}
}

// logDeletion logs that an object was deleted.
func logDeletion(ctx context.Context, object *v1alpha1.VectaraJob) {
	ttl := time.Duration(ptr.Deref(object.Spec.TTLSecondsAfterFinished, 0)) * time.Second
	ctrl.LoggerFrom(ctx).Info("Deleted the resource: its ttlSecondsAfterFinished is over",
		"jobID", object.Spec.JobID, "state", plain(object.Status.State), "ttl", inSeconds(ttl))
}

// logWritten logs that an object was written after it could not be for some time.
func logWritten(ctx context.Context, after time.Duration) {
	ctrl.LoggerFrom(ctx).Info("Can write the object again", "unwrittenFor", inSeconds(after))
}

// logFault logs why the job cannot be seen, and when the next poll is, if there is one.
func logFault(log logr.Logger, wasSynced *metav1.Condition, s scope, d decision, after *v1alpha1.VectaraJob) {
	log = log.WithValues("reason", d.fault.reason)
	if wasSynced != nil && wasSynced.Status == metav1.ConditionFalse {
		log = log.WithValues("reasonBefore", wasSynced.Reason)
	}
	if d.fault.requestID != "" {
		log = log.WithValues("requestID", d.fault.requestID)
	}
	if after.IsSeen() {
		log = log.WithValues("lastKnownState", plain(after.Status.State))
	}
	if next := nextPoll(s, d); next != "" {
		log = log.WithValues("nextPoll", next)
	}
	log.Info("Cannot poll the job", "message", meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionSynced).Message)
}

// nextPoll is how long it is from a fault until the next poll: at the latest, as a changed Secret or a request cuts it
// short. It is empty if there is none, or if it is overdue.
func nextPoll(s scope, d decision) string {
	switch {
	case s.noCredentials != nil:
		return "when the Secret changes"
	case d.subscription == nil || s.overdue() != nil:
		return ""
	}
	wait := d.subscription.Schedule.Next(*s.observation).Sub(s.observation.Answered)
	if s.observation.Fault.Kind == jobs.RateLimited {
		wait = max(wait, s.observation.Fault.RetryAfter)
	}
	return inSeconds(wait)
}

// logState logs the present state of the job, and how it got there.
func logState(log logr.Logger, before, after *v1alpha1.VectaraJob) {
	status := after.Status
	message := "Found the job"
	log = log.WithValues("state", plain(status.State))
	if before.IsSeen() {
		message = "The job changed its state"
		log = log.WithValues("stateBefore", plain(before.Status.State),
			"timeInStateBefore", inSeconds(status.LastTransitionTime.Sub(stateSince(before))))
	}
	log = log.WithValues("type", plain(status.Type))
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

// stateNote is the note of the event about a state: the message of the condition, and what is worth knowing once status
// shows the next state.
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

// runTime is how long the job ran by Vectara's clock; 0 if Vectara does not say.
func runTime(status v1alpha1.VectaraJobStatus) time.Duration {
	if status.StartedAt == nil || status.CompletedAt == nil {
		return 0
	}
	return status.CompletedAt.Sub(status.StartedAt.Time)
}

// plain is a state or type for the log: Vectara may send any text.
func plain[T ~string](value T) string { return plaintext.OneLine(string(value)) }

// inSeconds is a duration for people. Clocks that disagree by a moment make none that is negative.
func inSeconds(d time.Duration) string { return max(d, 0).Round(time.Second).String() }

// changed reports whether the status or the reason of a condition changed.
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

// emit records an event about an object, with a note of bounded length.
func emit(recorder events.EventRecorder, object client.Object, kind, action, reason, note string) {
	recorder.Eventf(object, nil, kind, reason, action, "%s", clipBytes(note, maxNote))
}
