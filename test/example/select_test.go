// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// inState lists the VectaraJobs whose jobs are in a state. The API server selects them, so that a reader without a cache
// gets no others.
func inState(ctx context.Context, reader client.Reader, namespace string, state v1alpha1.JobState) (*v1alpha1.VectaraJobList, error) {
	list := &v1alpha1.VectaraJobList{}
	return list, reader.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{"status.state": string(state)})
}

// byOutcome is the name of an index, which is the cache's own: the API server knows nothing of it.
const byOutcome = "outcome"

func indexByOutcome(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &v1alpha1.VectaraJob{}, byOutcome, func(object client.Object) []string {
		job, ok := object.(*v1alpha1.VectaraJob)
		if !ok {
			return nil
		}
		return []string{string(job.Outcome())}
	})
}

func TestJobsAreSelectedByState(t *testing.T) {
	s := newScene(t)
	s.job(jobID, "started")
	s.job("job_second", "failed")
	for name, id := range map[string]string{"running": jobID, "failed": "job_second"} {
		job := &v1alpha1.VectaraJob{Spec: v1alpha1.VectaraJobSpec{JobID: id}}
		job.Namespace, job.Name = s.namespace, name
		s.must(admin.Create(t.Context(), job))
	}
	await(s, &v1alpha1.VectaraJobList{}, "the job is seen to run", func(job *v1alpha1.VectaraJob) bool { return job.IsSeen() && !job.IsFinished() })
	s.awaitOutcome(v1alpha1.OutcomeFailed)

	list, err := inState(t.Context(), admin, s.namespace, v1alpha1.JobStateFailed)
	s.must(err)
	wantNames(t, list, "failed")

	mgr, err := ctrl.NewManager(asFollower(), ctrl.Options{
		Scheme:  scheme,
		Cache:   cache.Options{DefaultNamespaces: map[string]cache.Config{s.namespace: {}}},
		Metrics: metricsserver.Options{BindAddress: "0"},
	})
	s.must(err)
	s.must(indexByOutcome(t.Context(), mgr.GetFieldIndexer()))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	open := &v1alpha1.VectaraJobList{}
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		t.Fatal("the cache was not filled")
	}
	s.must(mgr.GetClient().List(ctx, open, client.InNamespace(s.namespace), client.MatchingFields{byOutcome: string(v1alpha1.OutcomeOpen)}))
	wantNames(t, open, "running")
	cancel()
	s.must(<-ended)
}

func wantNames(t *testing.T, list *v1alpha1.VectaraJobList, want string) {
	t.Helper()
	if len(list.Items) != 1 || list.Items[0].Name != want {
		t.Errorf("selected are %+v, want %s", list.Items, want)
	}
}
