// SPDX-License-Identifier: Apache-2.0

package conditions

import (
	"context"
	"testing"
	"time"

	fluxmeta "github.com/fluxcd/pkg/apis/meta"
	fluxconditions "github.com/fluxcd/pkg/runtime/conditions"
	fluxcheck "github.com/fluxcd/pkg/runtime/conditions/check"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clusterv1 "sigs.k8s.io/cluster-api/api/core/v1beta2"
	clusterconditions "sigs.k8s.io/cluster-api/util/conditions"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// What the helpers ask for.
var (
	_ fluxconditions.Setter    = &v1alpha1.VectaraJob{}
	_ fluxconditions.Setter    = &v1alpha1.VectaraJobDiscovery{}
	_ clusterconditions.Setter = &v1alpha1.VectaraJob{}
	_ clusterconditions.Setter = &v1alpha1.VectaraJobDiscovery{}
)

// failedJob is a job as the operator leaves it when Vectara says that it failed.
func failedJob() *v1alpha1.VectaraJob {
	condition := func(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
		return metav1.Condition{
			Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: 1,
			LastTransitionTime: metav1.NewTime(time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)),
		}
	}
	const message = "The job failed. Out of quota."
	return &v1alpha1.VectaraJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.VectaraJobKind},
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "reindex-legal", Generation: 1},
		Spec:       v1alpha1.VectaraJobSpec{JobID: "job_3Kx9QpVn2mZr8YbLc5TdWe"},
		Status: v1alpha1.VectaraJobStatus{
			ObservedGeneration: 1,
			State:              v1alpha1.JobStateFailed,
			Conditions: []metav1.Condition{
				condition(v1alpha1.ConditionSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced, "Status is true."),
				condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonJobFailed, message),
				condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonJobFailed, message),
			},
		},
	}
}

func TestOurNamesAreTheirs(t *testing.T) {
	for ours, theirs := range map[string]string{
		v1alpha1.ConditionReady:       fluxmeta.ReadyCondition,
		v1alpha1.ConditionReconciling: fluxmeta.ReconcilingCondition,
		v1alpha1.ConditionStalled:     fluxmeta.StalledCondition,
	} {
		if ours != theirs {
			t.Errorf("Our condition %s is called %s by Flux", ours, theirs)
		}
	}
	if v1alpha1.ConditionReady != clusterv1.ReadyCondition {
		t.Errorf("Our condition %s is called %s by Cluster API", v1alpha1.ConditionReady, clusterv1.ReadyCondition)
	}
}

func TestFluxReadsConditions(t *testing.T) {
	job := failedJob()
	if fluxconditions.IsReady(job) || !fluxconditions.IsStalled(job) || fluxconditions.IsReconciling(job) {
		t.Error("A failed job is expected to be stalled, neither ready nor reconciling")
	}
	if got := fluxconditions.GetReason(job, fluxmeta.ReadyCondition); got != v1alpha1.ReasonJobFailed {
		t.Errorf("The reason is %s, want %s", got, v1alpha1.ReasonJobFailed)
	}
	if got := fluxconditions.GetObservedGeneration(job, fluxmeta.StalledCondition); got != 1 {
		t.Errorf("The observed generation is %d, want 1", got)
	}
}

func TestFluxSetsConditions(t *testing.T) {
	job := failedJob()
	fluxconditions.MarkReconciling(job, v1alpha1.ReasonJobStarted, "The job is running in %s.", "Vectara")
	if !fluxconditions.IsReconciling(job) || fluxconditions.IsStalled(job) {
		t.Errorf("The conditions are %+v, want Reconciling and not Stalled", job.Status.Conditions)
	}
	parent := &v1alpha1.VectaraJob{} // Stands for a parent of any kind that has Flux's conditions.
	fluxconditions.SetMirror(parent, "JobReady", failedJob())
	if got := fluxconditions.GetReason(parent, "JobReady"); got != v1alpha1.ReasonJobFailed {
		t.Errorf("The mirrored reason is %s, want %s", got, v1alpha1.ReasonJobFailed)
	}
}

// TestFluxApprovesOfTheStatus has Flux's own checker look for what its status conventions forbid, such as Stalled with
// Ready=True, or a condition that is there only while True and is not.
func TestFluxApprovesOfTheStatus(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	check := func(job *v1alpha1.VectaraJob) error {
		reader := fake.NewClientBuilder().WithScheme(scheme).WithObjects(job).Build()
		checker := fluxcheck.NewChecker(reader, &fluxcheck.Conditions{
			NegativePolarity: []string{v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling},
		})
		checker.DisableFetch = true
		_, err := checker.Check(context.Background(), job)
		return err
	}
	if err := check(failedJob()); err != nil {
		t.Errorf("Flux's checker does not like a failed job: %v", err)
	}
	wrong := failedJob()
	fluxconditions.MarkTrue(wrong, v1alpha1.ConditionReady, v1alpha1.ReasonJobCompleted, "The job completed.")
	if err := check(wrong); err == nil {
		t.Error("Flux's checker likes a job that is ready and stalled")
	}
}

func TestClusterAPIReadsConditions(t *testing.T) {
	job := failedJob()
	if !clusterconditions.IsFalse(job, clusterv1.ReadyCondition) || !clusterconditions.IsTrue(job, v1alpha1.ConditionStalled) {
		t.Error("A failed job is expected to be stalled and not ready")
	}
	if got := clusterconditions.GetReason(job, clusterv1.ReadyCondition); got != v1alpha1.ReasonJobFailed {
		t.Errorf("The reason is %s, want %s", got, v1alpha1.ReasonJobFailed)
	}
}

func TestClusterAPISetsConditions(t *testing.T) {
	job := failedJob()
	clusterconditions.Delete(job, v1alpha1.ConditionStalled)
	clusterconditions.Set(job, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonJobCompleted,
	})
	if !clusterconditions.IsTrue(job, v1alpha1.ConditionReady) || clusterconditions.Has(job, v1alpha1.ConditionStalled) {
		t.Errorf("The conditions are %+v, want Ready and not Stalled", job.Status.Conditions)
	}
}

func TestClusterAPIMirrorsIntoACluster(t *testing.T) {
	cluster := &clusterv1.Cluster{}
	clusterconditions.SetMirrorCondition(failedJob(), cluster, v1alpha1.ConditionReady,
		clusterconditions.TargetConditionType("SearchIndexReady"))
	got := clusterconditions.Get(cluster, "SearchIndexReady")
	if got == nil || got.Status != metav1.ConditionFalse || got.Reason != v1alpha1.ReasonJobFailed {
		t.Errorf("The cluster's condition is %+v, want what the job's Ready says", got)
	}
}

// fullDiscovery is a discovery that may not create any more.
func fullDiscovery() *v1alpha1.VectaraJobDiscovery {
	discovery := &v1alpha1.VectaraJobDiscovery{ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "legal", Generation: 1}}
	for kind, status := range map[string]metav1.ConditionStatus{
		v1alpha1.ConditionReady: metav1.ConditionFalse, v1alpha1.ConditionStalled: metav1.ConditionTrue,
	} {
		discovery.Status.Conditions = append(discovery.Status.Conditions, metav1.Condition{
			Type: kind, Status: status, Reason: v1alpha1.ReasonMaxJobsReached, ObservedGeneration: 1,
		})
	}
	return discovery
}

func TestFluxReadsAndSetsConditionsOfADiscovery(t *testing.T) {
	discovery := fullDiscovery()
	if fluxconditions.IsReady(discovery) || !fluxconditions.IsStalled(discovery) ||
		fluxconditions.GetReason(discovery, fluxmeta.ReadyCondition) != v1alpha1.ReasonMaxJobsReached {
		t.Error("A discovery that may not create any more is expected to be stalled and not ready")
	}
	fluxconditions.MarkReconciling(discovery, v1alpha1.ReasonCreatingJobs, "The others follow.")
	if !fluxconditions.IsReconciling(discovery) || fluxconditions.IsStalled(discovery) {
		t.Errorf("The conditions are %+v, want Reconciling and not Stalled", discovery.Status.Conditions)
	}
}

func TestClusterAPIReadsAndSetsConditionsOfADiscovery(t *testing.T) {
	discovery := fullDiscovery()
	if !clusterconditions.IsFalse(discovery, clusterv1.ReadyCondition) || !clusterconditions.IsTrue(discovery, v1alpha1.ConditionStalled) {
		t.Error("A discovery that may not create any more is expected to be stalled and not ready")
	}
	clusterconditions.Delete(discovery, v1alpha1.ConditionStalled)
	clusterconditions.Set(discovery, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonJobsDiscovered,
	})
	if !clusterconditions.IsTrue(discovery, v1alpha1.ConditionReady) || clusterconditions.Has(discovery, v1alpha1.ConditionStalled) {
		t.Errorf("The conditions are %+v, want Ready and not Stalled", discovery.Status.Conditions)
	}
}
