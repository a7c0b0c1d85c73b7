// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// maxNote is the longest note that the API server takes in an event, in bytes.
const maxNote = 1024

// announce says in the log and in events what a write changed. A write that only acknowledges something is not worth a
// word.
func (r *Reconciler) announce(ctx context.Context, before, after *v1alpha1.VectaraJob) {
	log := ctrl.LoggerFrom(ctx).WithValues("jobID", after.Spec.JobID)
	synced := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionSynced)
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if synced == nil || ready == nil {
		return
	}

	if wasSynced := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionSynced); changed(wasSynced, synced) {
		switch {
		case synced.Status == metav1.ConditionFalse:
			log.Info("Cannot see the job", "reason", synced.Reason, "message", synced.Message)
			r.emit(after, corev1.EventTypeWarning, "Poll", synced)
		case wasSynced != nil:
			log.Info("Can see the job again", "reasonBefore", wasSynced.Reason)
			r.emit(after, corev1.EventTypeNormal, "Poll", synced)
		}
	}

	if synced.Status == metav1.ConditionTrue && (!before.IsSeen() || before.Status.State != after.Status.State) {
		log.Info("The job changed its state", "stateBefore", before.Status.State, "state", after.Status.State, "type", after.Status.Type)
		// That a job was come upon while it is under way is no event of its life, and status says it.
		if before.IsSeen() || after.IsFinished() {
			r.emit(after, severity(after.Status.State), "Mirror", ready)
		}
	}
}

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

func (r *Reconciler) emit(object *v1alpha1.VectaraJob, kind, action string, c *metav1.Condition) {
	r.Recorder.Eventf(object, nil, kind, c.Reason, action, "%s", clipBytes(c.Message, maxNote))
}
