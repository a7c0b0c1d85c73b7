// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

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
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		t.Fatal("the cache was not filled")
	}
	open, err := withOutcome(ctx, mgr.GetClient(), s.namespace, v1alpha1.OutcomeOpen)
	s.must(err)
	wantNames(t, open, "running")
	// The cache does not know the API server's selectable fields. docs/library.md quotes what it says.
	const quoted = "Index with name field:status.state does not exist"
	if _, err := inState(ctx, mgr.GetClient(), s.namespace, v1alpha1.JobStateFailed); err == nil || !strings.Contains(err.Error(), quoted) {
		t.Errorf("a cache without an index says %v, want %s", err, quoted)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "library.md"))
	s.must(err)
	if !strings.Contains(string(page), quoted) {
		t.Errorf("docs/library.md does not quote %q", quoted)
	}
	cancel()
	s.must(<-ended)
}

func wantNames(t *testing.T, list *v1alpha1.VectaraJobList, want string) {
	t.Helper()
	if len(list.Items) != 1 || list.Items[0].Name != want {
		t.Errorf("selected are %+v, want %s", list.Items, want)
	}
}
