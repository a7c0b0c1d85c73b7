// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// expectHealth compares what kstatus makes of a discovery as it comes from the API server.
func (s *scene) expectHealth(name string, want status.Status) {
	s.t.Helper()
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(v1alpha1.VectaraJobDiscoveryKind))
	s.must(admin.Get(s.ctx, types.NamespacedName{Namespace: s.namespace, Name: name}, object))
	got, err := status.Compute(object)
	s.must(err)
	if got.Status != want {
		s.t.Errorf("kstatus of %s is %s (%s), want %s", name, got.Status, got.Message, want)
	}
}

// startedJobs adds so many jobs to Vectara, job_000 and so on, the oldest first.
func (s *scene) startedJobs(n int) {
	for i := range n {
		s.startedAgo(fmt.Sprintf("job_%03d", i), time.Hour-time.Duration(i)*time.Second)
	}
}

func TestAToolThatWaitsForADiscoveryIsNotMisled(t *testing.T) {
	s := newScene(t)
	s.startedJobs(250)
	s.manager.Stop()
	s.discover("all", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.SecretRef.Name = "later" })
	s.expectHealth("all", status.InProgressStatus) // It has not been reconciled yet.

	s.startManager()
	s.awaitDiscoveryReason("all", v1alpha1.ConditionStalled, v1alpha1.ReasonCredentialsNotFound)
	s.expectHealth("all", status.FailedStatus)
	stalled := s.discovery("all")
	if ready := meta.FindStatusCondition(stalled.Status.Conditions, v1alpha1.ConditionReady); ready.Status != metav1.ConditionFalse ||
		meta.FindStatusCondition(stalled.Status.Conditions, v1alpha1.ConditionReconciling) != nil {
		t.Errorf("the conditions are %+v", stalled.Status.Conditions)
	}

	// It is ready when every job has its VectaraJob, and not before, although they are created in batches.
	s.secret("later", map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.awaitDiscovery("all", "is ready", func(d *v1alpha1.VectaraJobDiscovery) bool {
		return meta.IsStatusConditionTrue(d.Status.Conditions, v1alpha1.ConditionReady)
	})
	if got := len(s.discovered("all")); got != 250 {
		t.Errorf("it is ready with %d VectaraJobs of 250", got)
	}
	s.expectHealth("all", status.CurrentStatus)

	s.manager.Stop()
	s.changeDiscovery("all", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 10 })
	s.expectHealth("all", status.InProgressStatus) // The change has not been reconciled yet.
}

func TestMaxJobsHoldsOverSeveralBatches(t *testing.T) {
	s := newScene(t)
	s.startedJobs(300)
	s.discover("some", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 150 })
	s.awaitDiscoveryReason("some", v1alpha1.ConditionStalled, v1alpha1.ReasonMaxJobsReached)
	found := s.discovered("some")
	if len(found) != 150 {
		t.Errorf("there are %d VectaraJobs, want 150", len(found))
	}
	for _, id := range []string{"job_000", "job_149"} {
		if _, ok := found[id]; !ok {
			t.Errorf("there is none for %s, and it is one of the oldest", id)
		}
	}
}

func TestASuspendedDiscoveryDoesNothing(t *testing.T) {
	s := newScene(t)
	s.startedAgo("job_a", time.Minute)
	s.discover("all")
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	s.changeDiscovery("all", func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.Suspend = ptr.To(true)
		d.Spec.Interval = &metav1.Duration{Duration: 10 * time.Second}
	})
	s.startedAgo("job_b", time.Second)

	// Another one finds the job in the meantime: the operator is at work.
	s.discover("another")
	s.awaitDiscoveryReason("another", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	if got := s.discovered("another"); len(got) != 2 {
		t.Errorf("another discovery has created %d VectaraJobs, want 2: those of a discovery are no manifests", len(got))
	}
	if got := s.discovered("all"); len(got) != 1 {
		t.Errorf("the suspended one has created %d VectaraJobs, want the 1 of before", len(got))
	}
	if got := s.discovery("all"); got.Status.ObservedGeneration == got.Generation {
		t.Error("the status of the suspended one was written")
	}
	s.awaitReason(s.discoveredName("all", "job_a"), v1alpha1.ConditionReady, v1alpha1.ReasonJobStarted)
	s.vectara.SetState("job_a", "completed", "")
	s.awaitReason(s.discoveredName("all", "job_a"), v1alpha1.ConditionReady, v1alpha1.ReasonJobCompleted)

	s.changeDiscovery("all", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Suspend = nil })
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	if got := s.discovered("all"); len(got) != 2 {
		t.Errorf("it has %d VectaraJobs now, want 2", len(got))
	}
}

// discoveredName is the name of a discovery's VectaraJob for a job.
func (s *scene) discoveredName(discovery, jobID string) string {
	s.t.Helper()
	object, ok := s.discovered(discovery)[jobID]
	if !ok {
		s.t.Fatalf("%s has no VectaraJob for %s", discovery, jobID)
	}
	return object.Name
}

func TestADiscoveryOfAShardCreatesWhatTheShardWatches(t *testing.T) {
	s := newScene(t, "--watch-label-selector=shard=1")
	s.startedAgo("job_a", time.Minute)
	labelled := func(d *v1alpha1.VectaraJobDiscovery) { d.Labels = map[string]string{"shard": "1"} }
	s.discover("elsewhere")
	s.discover("mine", labelled)
	s.awaitDiscoveryReason("mine", v1alpha1.ConditionStalled, v1alpha1.ReasonNotWatched)
	if got := len(s.discovered("mine")); got != 0 {
		t.Errorf("it has created %d VectaraJobs that nobody watches", got)
	}
	s.changeDiscovery("mine", func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.Template.Metadata.Labels = map[string]v1alpha1.LabelValue{"shard": "1"}
	})
	s.awaitDiscoveryReason("mine", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	s.awaitReason(s.discoveredName("mine", "job_a"), v1alpha1.ConditionReady, v1alpha1.ReasonJobStarted)
	if got := s.discovery("elsewhere").Status.ObservedGeneration; got != -1 {
		t.Error("the shard has reconciled a discovery of another shard")
	}
}

func TestAVectaraJobWhoseNameIsTakenIsReportedAndTheOthersAreCreated(t *testing.T) {
	s := newScene(t)
	s.startedAgo("job_a", time.Hour)
	s.discover("all")
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	name := s.discoveredName("all", "job_a")
	s.must(admin.Delete(s.ctx, s.discovery("all"), client.PropagationPolicy(metav1.DeletePropagationBackground)))
	s.awaitGone(name)

	s.create(name, "job_of_somebody_else")
	s.startedAgo("job_b", time.Minute)
	s.discover("all")
	discovery := s.awaitDiscoveryReason("all", v1alpha1.ConditionReconciling, v1alpha1.ReasonCreationFailed)
	if _, ok := s.discovered("all")["job_b"]; !ok || discovery.Status.CreatedJobs != 1 {
		t.Errorf("job_b has no VectaraJob, for that of job_a: %+v", discovery.Status)
	}
	s.expectHealth("all", status.InProgressStatus)
	creations := func(e auditv1.Event) bool { return e.Verb == "create" }
	if got := len(s.writes(harness.OnResource("vectarajobs"), creations)); got > 20 {
		t.Errorf("there were %d attempts: a loop", got)
	}

	s.must(admin.Delete(s.ctx, s.get(name)))
	s.walkNow("all")
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	if got := len(s.discovered("all")); got != 2 {
		t.Errorf("there are %d VectaraJobs, want 2", got)
	}
}

func TestVectaraJobsThatOutliveTheirDiscovery(t *testing.T) {
	s := newScene(t)
	s.startedAgo("job_a", time.Minute)
	s.discover("all")
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	name := s.discoveredName("all", "job_a")
	// The garbage collector leaves alone what it knows of. It has come to know this one when it deletes a later one.
	s.discover("later")
	s.awaitDiscoveryReason("later", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	later := s.discoveredName("later", "job_a")
	s.must(admin.Delete(s.ctx, s.discovery("later"), client.PropagationPolicy(metav1.DeletePropagationBackground)))
	s.awaitGone(later)

	_, err := cluster.Kubectl(s.ctx, "delete", "vjd", "all", "-n", s.namespace, "--cascade=orphan")
	s.must(err)
	s.await(name, "is nobody's", func(object *v1alpha1.VectaraJob) bool { return object != nil && len(object.OwnerReferences) == 0 })

	// For a new discovery of that name, it is one that somebody wrote.
	s.discover("all")
	discovery := s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	if got := discovery.Status; *got.ObservedJobs != 1 || got.CreatedJobs != 0 {
		t.Errorf("the status is %+v, want that it left the VectaraJob alone", got)
	}

	s.vectara.SetState("job_a", "completed", "")
	_, err = cluster.Kubectl(s.ctx, "wait", "vj", "-n", s.namespace, "-l", v1alpha1.DiscoveryLabel+"=all", "--for=condition=Ready", "--timeout=1m")
	s.must(err)
}

func TestADiscoveryThatGoesWithItsNamespaceMakesNoNoise(t *testing.T) {
	s := newScene(t)
	s.startedAgo("job_a", time.Minute)
	s.discover("all", func(d *v1alpha1.VectaraJobDiscovery) { d.Finalizers = []string{"example.com/audit"} })
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	s.startedAgo("job_b", time.Second)
	_, err := cluster.Kubectl(s.ctx, "delete", "namespace", s.namespace, "--wait=false")
	s.must(err)
	s.awaitDiscovery("all", "is being deleted", func(d *v1alpha1.VectaraJobDiscovery) bool { return d.DeletionTimestamp != nil })
	s.changeDiscovery("all", func(d *v1alpha1.VectaraJobDiscovery) { d.Finalizers = nil })
	s.within(func(ctx context.Context) error {
		_, err := cluster.Kubectl(ctx, "wait", "--for=delete", "namespace/"+s.namespace, "--timeout=1m")
		return err
	})
	if strings.Contains(s.manager.Output(), "Reconciler error") {
		t.Errorf("the log complains:\n%s", s.manager.Output())
	}
}
