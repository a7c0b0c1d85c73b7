// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const exampleMaxJobs = "12 matching jobs wait for a VectaraJob: there are as many as spec.maxJobs allows (200). " +
	"Delete some that you no longer need, lower spec.template.spec.ttlSecondsAfterFinished so that finished ones are deleted sooner, " +
	"narrow what matches, or raise spec.maxJobs."

// exampleDiscoveries are those of the documentation.
func exampleDiscoveries(now time.Time) []v1alpha1.VectaraJobDiscovery {
	ago := func(d time.Duration) *metav1.Time { return ptr.To(metav1.NewTime(now.Add(-d))) }
	discovery := func(name string, maxJobs, matching, mirrored, waiting int32, listed time.Duration) v1alpha1.VectaraJobDiscovery {
		return v1alpha1.VectaraJobDiscovery{
			ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: name},
			Spec: v1alpha1.VectaraJobDiscoverySpec{
				CorpusKeys: []string{name}, MaxJobs: maxJobs, SecretRef: v1alpha1.SecretReference{Name: "vectara-credentials"},
				Template: v1alpha1.VectaraJobTemplate{Spec: v1alpha1.VectaraJobTemplateSpec{TTLSecondsAfterFinished: ptr.To(int32(86400))}},
			},
			Status: v1alpha1.VectaraJobDiscoveryStatus{
				ObservedJobs: &matching, MirroredJobs: &mirrored, WaitingJobs: &waiting, CreatedJobs: int64(mirrored) + 40, LastSweepTime: ago(listed),
			},
		}
	}
	full, fine := discovery("legal", 200, 231, 200, 12, 2*time.Minute), discovery("news", 1000, 34, 30, 0, 14*time.Minute)
	condition := func(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: *ago(2 * time.Minute)}
	}
	full.Status.Conditions = []metav1.Condition{
		condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonMaxJobsReached, exampleMaxJobs),
		condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonMaxJobsReached, exampleMaxJobs),
	}
	fine.Status.Conditions = []metav1.Condition{
		condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonJobsDiscovered, "Every job that matches has had its VectaraJob."),
	}
	return []v1alpha1.VectaraJobDiscovery{full, fine}
}
