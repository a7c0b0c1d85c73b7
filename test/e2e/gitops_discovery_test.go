// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// discoveryStages are what the discovery "legal" can be in.
func discoveryStages() []stage {
	return []stage{
		{"new", func(s *scene) {
			s.manager.Stop()
			s.discover("legal")
		}, status.InProgressStatus},
		{"new and suspended", func(s *scene) {
			s.discover("legal", suspendedDiscovery)
		}, status.InProgressStatus},
		{"every job discovered", (*scene).reachDiscovered, status.CurrentStatus},
		{"no job matches", func(s *scene) {
			s.startedAgo("job_a", time.Hour)
			s.discover("legal", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.CorpusKeys = []string{"legl"} })
			s.awaitDiscoveryReason("legal", v1alpha1.ConditionReady, v1alpha1.ReasonNoJobMatches)
		}, status.CurrentStatus},
		{"every job discovered with a change not seen yet", func(s *scene) {
			s.reachDiscovered()
			s.manager.Stop()
			s.changeDiscovery("legal", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 10 })
		}, status.InProgressStatus},
		{"every job discovered then 503", func(s *scene) {
			s.reachDiscovered()
			s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Status: 503})
			s.listNow()
			s.awaitDiscoveryReason("legal", v1alpha1.ConditionReconciling, v1alpha1.ReasonAPIUnavailable)
		}, status.InProgressStatus},
		{"suspended after every job was discovered", func(s *scene) {
			s.reachDiscovered()
			s.changeDiscovery("legal", suspendedDiscovery)
		}, status.InProgressStatus},
		{"as many as may be", func(s *scene) {
			at := time.Now().Add(-time.Hour)
			for _, id := range []string{"job_a", "job_b", "job_c"} {
				// Of the same time, so that the memory of them is always one group.
				s.startedAgo(id, time.Hour, func(job *simulator.Job) { job.CreatedAt = at })
			}
			s.discover("legal", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.MaxJobs = 2 })
			s.awaitDiscoveryReason("legal", v1alpha1.ConditionStalled, v1alpha1.ReasonMaxJobsReached)
		}, status.FailedStatus},
		{"a name that is taken", func(s *scene) {
			s.reachDiscovered()
			name := s.discoveredName("legal", "job_a")
			s.must(admin.Delete(s.ctx, s.discovery("legal"), client.PropagationPolicy(metav1.DeletePropagationBackground)))
			s.awaitGone(name)
			s.create(name, "job_of_somebody_else")
			s.discover("legal")
			s.awaitDiscoveryReason("legal", v1alpha1.ConditionReconciling, v1alpha1.ReasonCreationFailed)
		}, status.InProgressStatus},
		{"labels of another shard", func(s *scene) {
			s.manager.Stop()
			s.flags = append(s.flags, "--watch-label-selector=shard=1")
			s.startManager()
			s.startedAgo("job_a", time.Minute)
			s.discover("legal", func(d *v1alpha1.VectaraJobDiscovery) { d.Labels = map[string]string{"shard": "1"} })
			s.awaitDiscoveryReason("legal", v1alpha1.ConditionStalled, v1alpha1.ReasonNotWatched)
		}, status.FailedStatus},
		{"no Secret", func(s *scene) {
			s.must(admin.Delete(s.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: v1alpha1.DefaultCredentialsSecretName}}))
			s.discover("legal")
			s.awaitDiscoveryReason("legal", v1alpha1.ConditionStalled, v1alpha1.ReasonCredentialsNotFound)
		}, status.FailedStatus},
		{"401", func(s *scene) {
			s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: "a-key-nobody-knows"})
			s.discover("legal")
			s.awaitDiscoveryReason("legal", v1alpha1.ConditionStalled, v1alpha1.ReasonUnauthorized)
		}, status.FailedStatus},
		{"403", listFault(403, v1alpha1.ConditionStalled, v1alpha1.ReasonPermissionDenied), status.FailedStatus},
		{"503", listFault(503, v1alpha1.ConditionReconciling, v1alpha1.ReasonAPIUnavailable), status.InProgressStatus},
	}
}

// reachDiscovered has there be one job, and its VectaraJob.
func (s *scene) reachDiscovered() {
	s.t.Helper()
	s.startedAgo("job_a", time.Minute)
	s.discover("legal")
	s.awaitDiscoveryReason("legal", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
}

// listNow requests a list in words that are the same each time.
func (s *scene) listNow() {
	s.t.Helper()
	s.changeDiscovery("legal", func(d *v1alpha1.VectaraJobDiscovery) {
		metav1.SetMetaDataAnnotation(&d.ObjectMeta, v1alpha1.RequestedAtAnnotation, "now")
	})
}

// listFault has every list end in a fault, from the first one on.
func listFault(code int, condition, reason string) func(*scene) {
	return func(s *scene) {
		s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Status: code})
		s.discover("legal")
		s.awaitDiscoveryReason("legal", condition, reason)
	}
}

func suspendedDiscovery(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Suspend = ptr.To(true) }

func TestStagesOfADiscovery(t *testing.T) {
	for _, st := range discoveryStages() {
		t.Run(st.name, func(t *testing.T) {
			s := newScene(t)
			st.reach(s)
			discovery := s.discovery("legal")
			if reason := newestReason(discovery); reason != "" {
				seenSoon(t, reason, time.Since(discovery.CreationTimestamp.Time)) // To the second.
			}
			s.expectHealth("legal", st.health)
			s.golden(v1alpha1.VectaraJobDiscoveryKind, "legal", st.name)
		})
	}
}
