// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"flag"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

var crowdSize = flag.Int("crowd", 1_000, "`number` of objects that come and go at once")

// TestCrowdThatComesAndGoes creates many objects, edits labels as fast as the API server allows, and deletes all.
func TestCrowdThatComesAndGoes(t *testing.T) {
	crowd := *crowdSize
	s := emptyScene(t, simulator.Options{}, defaultPolling...)
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	pprof, err := harness.FreeAddress(s.ctx)
	s.must(err)
	manager := s.measuredManager("--pprof-bind-address=" + pprof)
	s.manager = manager.Manager
	seen := s.record()
	s.jobs("warm", 1, time.Hour)
	s.objects("warm", 1)
	seen.await(patience, "warm", 1, v1alpha1.ConditionReady, "JobStarted")
	heapBefore := manager.liveHeap(pprof)

	began := time.Now()
	s.jobs("a", crowd, time.Hour)
	s.objects("a", crowd)
	s.jobs("late", 1, time.Hour)
	s.objects("late", 1)
	seen.await(2*patience, "late", 1, v1alpha1.ConditionReady, "JobStarted")
	seen.await(2*patience, "a", crowd, v1alpha1.ConditionReady, "JobStarted")
	if got := seen.longestWait(); got > 30*time.Second {
		t.Errorf("the last first status came after %v", got)
	}
	heapWith := manager.liveHeap(pprof)
	if heapWith <= heapBefore {
		t.Fatalf("the heap is %d bytes with %d objects, and was %d without: this measures nothing", heapWith, crowd, heapBefore)
	}

	writes, calls := s.jobWrites(), s.calls()
	edited := time.Now()
	edits := s.editLabels(3*time.Second, "a", crowd)
	took := time.Since(edited)
	t.Logf("%d label edits in %v", edits, took.Round(time.Millisecond))
	if got, limit := s.calls()-calls, crowd/2; got > limit {
		t.Errorf("%d calls because of %d label edits", got, edits)
	}
	if got := s.jobWrites() - writes; got > 0 {
		t.Errorf("%d writes because of %d label edits", got, edits)
	}

	s.must(s.admin.DeleteAllOf(s.ctx, &v1alpha1.VectaraJob{}, client.InNamespace(s.namespace)))
	manager.await("jobs", exactly(map[string]float64{}))
	s.jobs("next", 1, time.Hour)
	s.objects("next", 1)
	seen.await(patience, "next", 1, v1alpha1.ConditionReady, "JobStarted")
	// The default budget is 20 requests a second, after a burst of 40.
	if got, limit := s.calls(), 40+20*(int(time.Since(began)/time.Second)+2); got > limit {
		t.Errorf("%d calls in %v, want %d at most", got, time.Since(began), limit)
	}
	// Maps keep the room that they once had, so a large crowd leaves a part of what it took.
	var heap uint64
	limit := heapBefore + max(4<<20, (heapWith-heapBefore)/5)
	s.eventually("memory is free again", func() bool {
		heap = manager.liveHeap(pprof)
		return heap < limit
	})
	t.Logf("live heap: %d kB before, %d kB with all, %d kB after", heapBefore>>10, heapWith>>10, heap>>10)
}

// editLabels edits labels of objects for some time, from several clients at once, and returns how often.
func (s *scene) editLabels(d time.Duration, prefix string, n int) int {
	s.t.Helper()
	var edits atomic.Int64
	group, ctx := errgroup.WithContext(s.ctx)
	deadline := time.Now().Add(d)
	for worker := range 16 {
		group.Go(func() error {
			for i := worker; time.Now().Before(deadline); i += 16 {
				object := &v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: fmt.Sprint(prefix, i%n)}}
				patch := fmt.Sprintf(`{"metadata":{"labels":{"edit":"%d"}}}`, edits.Add(1))
				if err := s.admin.Patch(ctx, object, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	s.must(group.Wait())
	return int(edits.Load())
}

// liveHeap has the manager collect its garbage, and returns what is left.
func (m *measured) liveHeap(pprof string) uint64 {
	m.scene.t.Helper()
	response, err := http.Get("http://" + pprof + "/debug/pprof/heap?gc=1") //nolint:forbidigo // The peer is our own.
	m.scene.must(err)
	_ = response.Body.Close()
	return uint64(m.families()["go_memstats_heap_alloc_bytes"].GetMetric()[0].GetGauge().GetValue())
}
