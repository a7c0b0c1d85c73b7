// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// discover creates a discovery.
func (s *scene) discover(name string, changes ...func(*v1alpha1.VectaraJobDiscovery)) {
	s.t.Helper()
	discovery := &v1alpha1.VectaraJobDiscovery{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}}
	for _, change := range changes {
		change(discovery)
	}
	s.must(admin.Create(s.ctx, discovery))
}

func (s *scene) discovery(name string) *v1alpha1.VectaraJobDiscovery {
	s.t.Helper()
	var discovery v1alpha1.VectaraJobDiscovery
	s.must(admin.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, &discovery))
	return &discovery
}

// changeDiscovery changes a discovery, whatever is written to its status in the meantime.
func (s *scene) changeDiscovery(name string, mutate func(*v1alpha1.VectaraJobDiscovery)) {
	s.t.Helper()
	discovery := s.discovery(name)
	before := discovery.DeepCopy()
	mutate(discovery)
	s.must(admin.Patch(s.ctx, discovery, client.MergeFrom(before)))
}

// awaitDiscovery waits until a discovery is as wanted, and returns it.
func (s *scene) awaitDiscovery(name, what string, wanted func(*v1alpha1.VectaraJobDiscovery) bool) *v1alpha1.VectaraJobDiscovery {
	s.t.Helper()
	var last *v1alpha1.VectaraJobDiscovery
	err := wait.PollUntilContextTimeout(s.ctx, 100*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		last = s.discovery(name)
		return wanted(last), nil
	})
	if err != nil {
		text, _ := yaml.Marshal(last) //nolint:errchkjson // For the reader of a failure.
		s.t.Fatalf("waiting until %s %s: %v; it is\n%s", name, what, err, text)
	}
	return last
}

func (s *scene) awaitDiscoveryReason(name, condition, reason string) *v1alpha1.VectaraJobDiscovery {
	s.t.Helper()
	return s.awaitDiscovery(name, condition+" is "+reason, func(d *v1alpha1.VectaraJobDiscovery) bool {
		c := meta.FindStatusCondition(d.Status.Conditions, condition)
		return c != nil && c.Reason == reason && c.ObservedGeneration == d.Generation
	})
}

// walkNow has the jobs of a discovery listed, and returns once status shows it.
func (s *scene) walkNow(name string) *v1alpha1.VectaraJobDiscovery {
	s.t.Helper()
	value := strconv.FormatInt(time.Now().UnixNano(), 10)
	s.changeDiscovery(name, func(d *v1alpha1.VectaraJobDiscovery) {
		metav1.SetMetaDataAnnotation(&d.ObjectMeta, v1alpha1.RequestedAtAnnotation, value)
	})
	return s.awaitDiscovery(name, "has listed the jobs", func(d *v1alpha1.VectaraJobDiscovery) bool {
		return d.Status.LastHandledReconcileAt == value
	})
}

// discovered are the VectaraJobs of a discovery, by job ID.
func (s *scene) discovered(name string) map[string]v1alpha1.VectaraJob {
	s.t.Helper()
	var list v1alpha1.VectaraJobList
	s.must(admin.List(s.ctx, &list, client.InNamespace(s.namespace), client.MatchingLabels{v1alpha1.DiscoveryLabel: name}))
	found := map[string]v1alpha1.VectaraJob{}
	for i := range list.Items {
		found[list.Items[i].Spec.JobID] = list.Items[i]
	}
	return found
}

// startedAgo adds a job to Vectara that was started some time ago and goes on.
func (s *scene) startedAgo(id string, ago time.Duration, changes ...func(*simulator.Job)) {
	job := simulator.Job{
		ID: id, Type: "replace_filter_attributes", CorpusKeys: []string{"legal"}, CreatedAt: time.Now().Add(-ago),
		Steps: []simulator.Step{{State: "started"}},
	}
	for _, change := range changes {
		change(&job)
	}
	s.vectara.AddJob(job)
}
