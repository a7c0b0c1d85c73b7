// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

func TestJobsThatNobodyWroteAManifestForAreDiscovered(t *testing.T) {
	s := newScene(t)
	const jobID = "job_3Kx9QpVn2mZr8YbLc5TdWeAq7HsUjFgN4vXoPiRk1wBzMyC6D0EtGhSlJaZxQ=="
	s.startedAgo(jobID, time.Hour)
	s.startedAgo("job_old", 48*time.Hour)
	s.startedAgo("job_finance", time.Hour, func(job *simulator.Job) { job.CorpusKeys = []string{"finance"} })
	s.startedAgo("job_delete", time.Hour, func(job *simulator.Job) { job.Type = "bulk_delete_documents" })
	s.startedAgo("job_by_hand", time.Hour)
	s.create("by-hand", "job_by_hand")
	s.discover("legal", func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.CorpusKeys = []string{"legal", "tax"}
		d.Spec.Types = []v1alpha1.JobType{"replace_filter_attributes"}
		d.Spec.Template.Metadata.Labels = map[string]v1alpha1.LabelValue{"team": "search"}
		d.Spec.Template.Metadata.Annotations = map[string]v1alpha1.AnnotationValue{"example.com/runbook": "https://example.com/"}
		d.Spec.Template.Spec.TTLSecondsAfterFinished = ptr.To[int32](3600)
		d.Spec.Template.Spec.PollInterval = &metav1.Duration{Duration: 2 * time.Second}
	})
	discovery := s.awaitDiscoveryReason("legal", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	if got := discovery.Status; got.ObservedJobs == nil || *got.ObservedJobs != 2 || got.CreatedJobs != 1 || got.LastSweepTime == nil {
		t.Errorf("the status is %+v, want 2 jobs observed and 1 VectaraJob created", got)
	}

	found := s.discovered("legal")
	if ids := slices.Collect(maps.Keys(found)); !slices.Equal(ids, []string{jobID}) {
		t.Fatalf("there are VectaraJobs for %v, want one for %s", ids, jobID)
	}
	job := s.awaitReason(found[jobID].Name, v1alpha1.ConditionReady, v1alpha1.ReasonJobStarted)
	if owner := metav1.GetControllerOf(job); owner == nil || owner.UID != discovery.UID {
		t.Errorf("its owner is %v, want the discovery", owner)
	}
	if job.Labels["team"] != "search" || job.Annotations["example.com/runbook"] == "" ||
		*job.Spec.TTLSecondsAfterFinished != 3600 || job.Spec.PollInterval.Duration != 2*time.Second {
		t.Errorf("it is not what the template says: %+v", job)
	}
	s.awaitEvent("legal", "Created")
}

func TestWhatWasDiscoveredAndDeletedIsNotCreatedAgain(t *testing.T) {
	s := newScene(t)
	s.startedAgo("job_a", time.Minute)
	s.startedAgo("job_b", time.Minute)
	s.discover("all", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Template.Spec.TTLSecondsAfterFinished = ptr.To[int32](0) })
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	byID := s.discovered("all")
	a, b := byID["job_a"], byID["job_b"]

	// A person deletes one, while no operator runs. The TTL has the operator delete the other.
	s.manager.Stop()
	s.must(admin.Delete(s.ctx, &a))
	s.startManager()
	s.vectara.SetState("job_b", "completed", "")
	s.awaitGone(b.Name)
	s.startedAgo("job_c", time.Second)
	discovery := s.walkNow("all")
	if got := slices.Collect(maps.Keys(s.discovered("all"))); !slices.Equal(got, []string{"job_c"}) {
		t.Errorf("there are VectaraJobs for %v, want one for job_c", got)
	}
	if got := discovery.Status; *got.ObservedJobs != 3 || got.CreatedJobs != 3 {
		t.Errorf("%d jobs observed and %d created, want 3 and 3", *got.ObservedJobs, got.CreatedJobs)
	}
}

func TestADiscoveryKeepsWithinMaxJobs(t *testing.T) {
	s := newScene(t)
	for i := range 5 {
		s.startedAgo(fmt.Sprint("job_", i), time.Duration(10-i)*time.Minute)
	}
	s.discover("few", func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.MaxJobs = 3
		d.Spec.Template.Spec.PollInterval = &metav1.Duration{Duration: time.Hour} // No list is made to follow them.
	})
	s.awaitDiscoveryReason("few", v1alpha1.ConditionStalled, v1alpha1.ReasonMaxJobsReached)
	found := s.discovered("few")
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, []string{"job_0", "job_1", "job_2"}) {
		t.Errorf("there are VectaraJobs for %v, want the oldest three", got)
	}

	// One that goes makes room for the next one, without another list.
	lists := s.vectara.Count(simulator.OpListJobs, "")
	gone := found["job_1"]
	s.must(admin.Delete(s.ctx, &gone))
	s.awaitDiscovery("few", "has created another", func(d *v1alpha1.VectaraJobDiscovery) bool { return d.Status.CreatedJobs == 4 })
	if got := slices.Sorted(maps.Keys(s.discovered("few"))); !slices.Equal(got, []string{"job_0", "job_2", "job_3"}) {
		t.Errorf("there are VectaraJobs for %v, want job_3 in the place of job_1", got)
	}
	if got := s.vectara.Count(simulator.OpListJobs, ""); got != lists {
		t.Errorf("it took %d lists", got-lists)
	}
	s.changeDiscovery("few", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 4 })
	s.awaitDiscoveryReason("few", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
}

func TestWhatWasDiscoveredIsShownWithoutACallForEachJob(t *testing.T) {
	s := newScene(t)
	const n = 150
	for i := range n {
		s.startedAgo(fmt.Sprint("job_", i), time.Hour)
	}
	s.discover("all", func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.Template.Spec.PollInterval = &metav1.Duration{Duration: time.Hour}
	})
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	for _, job := range s.discovered("all") {
		s.awaitReason(job.Name, v1alpha1.ConditionReady, v1alpha1.ReasonJobStarted)
	}
	if got := s.vectara.Count(simulator.OpGetJob, ""); got > 0 {
		t.Errorf("%d jobs were requested alone, although they were on the list just before", got)
	}
}

func TestTheMirrorsListsServeADiscoveryToo(t *testing.T) {
	s := newScene(t, "--poll-min=2s", "--poll-max=2s")
	tick := s.clock()
	const n = 150
	for i := range n {
		s.startedAgo(fmt.Sprint("job_", i), time.Hour)
	}
	s.discover("all")
	s.awaitDiscoveryReason("all", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	for _, job := range s.discovered("all") {
		s.awaitReason(job.Name, v1alpha1.ConditionReady, v1alpha1.ReasonJobStarted)
	}
	writes := len(s.writes(harness.OnResource("vectarajobdiscoveries"))) + s.jobWrites()
	s.vectara.ResetLog()
	tick(12)
	if got := s.vectara.Count(simulator.OpListJobs, ""); got > 2*8 {
		t.Errorf("%d pages in 12 s of which a walk of all jobs every 2 s takes two each", got)
	}
	if got := len(s.writes(harness.OnResource("vectarajobdiscoveries"))) + s.jobWrites() - writes; got != 0 {
		t.Errorf("%d writes while nothing changed", got)
	}
}

func TestADiscoverySaysWhatIsWrong(t *testing.T) {
	s := newScene(t)
	s.startedAgo("job_a", time.Minute)
	s.discover("lonely", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.SecretRef.Name = "other" })
	s.awaitDiscoveryReason("lonely", v1alpha1.ConditionStalled, v1alpha1.ReasonCredentialsNotFound)
	s.secret("other", map[string]string{v1alpha1.APIKeyKey: "zqt_not-the-right-key"})
	s.awaitDiscoveryReason("lonely", v1alpha1.ConditionStalled, v1alpha1.ReasonUnauthorized)
	s.secret("other", map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.awaitDiscoveryReason("lonely", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)

	remove := s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Status: 503})
	s.walkNow("lonely")
	discovery := s.awaitDiscoveryReason("lonely", v1alpha1.ConditionReconciling, v1alpha1.ReasonAPIUnavailable)
	if ready := readyReason(discovery); ready != v1alpha1.ReasonJobsDiscovered {
		t.Errorf("Ready is %s in an outage, want as it was", ready)
	}
	remove()
	s.awaitDiscovery("lonely", "is at rest", func(d *v1alpha1.VectaraJobDiscovery) bool { return len(d.Status.Conditions) == 1 })

	remove = s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Status: 403})
	s.walkNow("lonely")
	s.awaitDiscoveryReason("lonely", v1alpha1.ConditionStalled, v1alpha1.ReasonPermissionDenied)
	remove()
	s.walkNow("lonely")
	s.awaitDiscoveryReason("lonely", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
}

func TestADiscoveryTakesItsVectaraJobsAlongAndNoOthers(t *testing.T) {
	s := newScene(t)
	s.startedAgo("job_a", time.Minute)
	s.startedAgo("job_b", time.Minute)
	s.create("by-hand", "job_b")
	s.discover("short-lived")
	s.awaitDiscoveryReason("short-lived", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	found := s.discovered("short-lived")["job_a"]
	s.must(admin.Delete(s.ctx, s.discovery("short-lived"), client.PropagationPolicy(metav1.DeletePropagationBackground)))
	s.awaitGone(found.Name)
	if s.get("by-hand").Spec.JobID != "job_b" {
		t.Error("the VectaraJob that was written by hand is gone")
	}
}

func readyReason(discovery *v1alpha1.VectaraJobDiscovery) string {
	if c := meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		return c.Reason
	}
	return ""
}
