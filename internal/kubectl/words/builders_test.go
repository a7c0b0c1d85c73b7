// SPDX-License-Identifier: Apache-2.0

package words_test

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// now is the present time of every test.
var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) *metav1.Time { return ptr.To(metav1.NewTime(now.Add(-d))) }

// running is a job that was created in Vectara ten minutes ago and has been running for eight. Its VectaraJob
// was created five minutes ago.
func running(changes ...func(*v1alpha1.VectaraJob)) *v1alpha1.VectaraJob {
	job := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "reindex", Generation: 1, CreationTimestamp: *ago(5 * time.Minute)},
		Spec: v1alpha1.VectaraJobSpec{
			JobID:     "job_3Kx9QpVn2mZr8YbLc5TdWe",
			SecretRef: v1alpha1.SecretReference{Name: "vectara-credentials"},
		},
		Status: v1alpha1.VectaraJobStatus{
			ObservedGeneration: 1, State: v1alpha1.JobStateStarted, Type: v1alpha1.JobTypeReplaceFilterAttributes,
			CorpusKeys: []string{"legal", "hr"}, CreatedByUsername: "jdoe",
			CreatedAt: ago(10 * time.Minute), StartedAt: ago(8 * time.Minute), LastTransitionTime: ago(5 * time.Minute),
		},
	}
	condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonJobStarted, "The job is running in Vectara.")(job)
	condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonJobStarted, "The job is running in Vectara.")(job)
	condition(v1alpha1.ConditionSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced, "Status is what Vectara returned for this job.")(job)
	for _, change := range changes {
		change(job)
	}
	return job
}

// condition sets a condition, which has been so for a minute.
func condition(kind string, status metav1.ConditionStatus, reason, message string) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) {
		without(kind)(job)
		job.Status.Conditions = append(job.Status.Conditions, metav1.Condition{
			Type: kind, Status: status, Reason: reason, Message: message,
			ObservedGeneration: job.Generation, LastTransitionTime: *ago(time.Minute),
		})
	}
}

func without(kind string) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) {
		var kept []metav1.Condition
		for _, c := range job.Status.Conditions {
			if c.Type != kind {
				kept = append(kept, c)
			}
		}
		job.Status.Conditions = kept
	}
}

// ended has the job end four minutes ago.
func ended(state v1alpha1.JobState, comment string) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) {
		without(v1alpha1.ConditionReconciling)(job)
		job.Status.State, job.Status.Comment = state, comment
		job.Status.CompletedAt, job.Status.LastTransitionTime = ago(4*time.Minute), ago(230*time.Second)
	}
}

// blocked has a person be needed.
func blocked(reason, message string) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) {
		without(v1alpha1.ConditionReconciling)(job)
		condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message)(job)
		condition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)(job)
		condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, reason, message)(job)
	}
}

// unsynced has the last poll have failed.
func unsynced(reason string) func(*v1alpha1.VectaraJob) {
	return condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, reason, "Vectara is not available.")
}

func suspended(job *v1alpha1.VectaraJob) { job.Spec.Suspend = ptr.To(true) }

func named(name string) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) { job.Name = name }
}

func unseen(job *v1alpha1.VectaraJob) {
	job.Status = v1alpha1.VectaraJobStatus{ObservedGeneration: -1}
}
