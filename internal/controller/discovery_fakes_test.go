// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// fakeListSource has the same listing for every subscriber, and records its calls.
type fakeListSource struct {
	listing       *jobs.Listing
	subscriptions []jobs.ListSubscription
	unwatched     []jobs.Key
}

func (s *fakeListSource) WatchList(subscription jobs.ListSubscription) (jobs.Listing, bool) {
	s.subscriptions = append(s.subscriptions, subscription)
	if s.listing == nil {
		return jobs.Listing{}, false
	}
	return *s.listing, true
}

func (s *fakeListSource) UnwatchList(key jobs.Key) { s.unwatched = append(s.unwatched, key) }

// countingMetrics adds up what it records.
type countingMetrics struct{ discovered int }

func (m *countingMetrics) JobDiscovered(n int) { m.discovered += n }

// discoveryWorld is a reconciler of discoveries, and all that it uses.
type discoveryWorld struct {
	*DiscoveryReconciler
	cluster  client.WithWatch
	source   *fakeListSource
	recorder *fakeRecorder
	metrics  *countingMetrics
	lines    []string // of the log
	patches  []string // of status, as sent
	now      time.Time

	mu      sync.Mutex // VectaraJobs are created concurrently.
	created []string   // IDs of jobs, for each call that creates a VectaraJob

	// refuse is what the API server returns for the creation of a VectaraJob, patchError to the writing of status; nil if nothing
	// is wrong.
	refuse     func(*v1alpha1.VectaraJob) error
	patchError error
	// cacheSleeps has the cache show no VectaraJob, and cached has it show an old copy of the discovery.
	cacheSleeps bool
	cached      *v1alpha1.VectaraJobDiscovery
}

// newDiscoveryWorld is a cluster with objects in it, a source without observations, and a clock that stands at noon.
func newDiscoveryWorld(t *testing.T, objects ...client.Object) *discoveryWorld {
	t.Helper()
	w := &discoveryWorld{source: &fakeListSource{}, recorder: &fakeRecorder{}, metrics: &countingMetrics{}, now: noon}
	w.cluster = fake.NewClientBuilder().
		WithScheme(testScheme()).
		WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.VectaraJobDiscovery{}).
		WithIndex(&v1alpha1.VectaraJobDiscovery{}, secretIndex, secretNameOf).
		Build()
	w.restart()
	return w
}

// restart gives the world another process, which remembers nothing.
func (w *discoveryWorld) restart() {
	w.DiscoveryReconciler = &DiscoveryReconciler{
		Client: interceptor.NewClient(w.cluster, w.interceptors()), Recorder: w.recorder, Source: w.source, Metrics: w.metrics,
		Now: func() time.Time { return w.now },
	}
}

func (w *discoveryWorld) interceptors() interceptor.Funcs {
	return interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if into, ok := object.(*v1alpha1.VectaraJobDiscovery); ok && w.cached != nil {
				w.cached.DeepCopyInto(into)
				return nil
			}
			return c.Get(ctx, key, object, options...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if _, ok := list.(*v1alpha1.VectaraJobList); ok && w.cacheSleeps {
				return nil
			}
			return c.List(ctx, list, options...)
		},
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if job, ok := object.(*v1alpha1.VectaraJob); ok {
				w.created = append(w.created, job.Spec.JobID)
				if w.refuse != nil {
					if err := w.refuse(job); err != nil {
						return err
					}
				}
			}
			return c.Create(ctx, object, options...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, name string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			data, err := patch.Data(object)
			if err != nil {
				return err
			}
			w.patches = append(w.patches, string(data))
			if w.patchError != nil {
				return w.patchError
			}
			return c.SubResource(name).Patch(ctx, object, patch, options...)
		},
	}
}

func (w *discoveryWorld) context(t *testing.T) context.Context {
	t.Helper()
	return ctrl.LoggerInto(t.Context(), funcr.New(func(_, args string) { w.lines = append(w.lines, args) }, funcr.Options{}))
}

var discoveryRequest = ctrl.Request{NamespacedName: client.ObjectKey{Namespace: testNamespace, Name: testDiscovery}}

// reconcile reconciles the discovery, and wants no error.
func (w *discoveryWorld) reconcile(t *testing.T) ctrl.Result {
	t.Helper()
	result, err := w.Reconcile(w.context(t), discoveryRequest)
	if err != nil {
		t.Fatalf("Reconcile: %v", err)
	}
	return result
}

// reconcileInVain reconciles the discovery, and wants an error, which has it tried again.
func (w *discoveryWorld) reconcileInVain(t *testing.T) {
	t.Helper()
	if _, err := w.Reconcile(w.context(t), discoveryRequest); err == nil {
		t.Fatal("Reconcile gives no error")
	}
}

// lists has the source return a list that was made for the discovery as it is.
func (w *discoveryWorld) lists(t *testing.T, found ...jobs.Found) {
	t.Helper()
	w.source.listing = list(found...)
	w.source.listing.Request = listRequestOf(w.stored(t))
}

func (w *discoveryWorld) stored(t *testing.T) *v1alpha1.VectaraJobDiscovery {
	t.Helper()
	var object v1alpha1.VectaraJobDiscovery
	if err := w.cluster.Get(t.Context(), discoveryRequest.NamespacedName, &object); err != nil {
		t.Fatalf("Reading the discovery: %v", err)
	}
	return &object
}

// vectaraJobs are the IDs of the jobs that have a VectaraJob, in order.
func (w *discoveryWorld) vectaraJobs(t *testing.T) []string {
	t.Helper()
	var all v1alpha1.VectaraJobList
	if err := w.cluster.List(t.Context(), &all, client.InNamespace(testNamespace)); err != nil {
		t.Fatalf("Listing the VectaraJobs: %v", err)
	}
	var ids []string
	for i := range all.Items {
		ids = append(ids, all.Items[i].Spec.JobID)
	}
	slices.Sort(ids)
	return ids
}

// remove has a person delete the VectaraJob for a job, and the reconciler get the event.
func (w *discoveryWorld) remove(t *testing.T, jobID string) {
	t.Helper()
	object := discovered(w.stored(t), jobID)
	if err := w.cluster.Delete(t.Context(), object); err != nil {
		t.Fatalf("Deleting the VectaraJob for %s: %v", jobID, err)
	}
	w.whenDeleted().Delete(t.Context(), event.DeleteEvent{Object: object}, &delayedQueue{})
}

// delayedQueue remembers what is put into it for later.
type delayedQueue struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]
	later map[reconcile.Request]time.Duration
}

func (q *delayedQueue) AddAfter(request reconcile.Request, d time.Duration) {
	if q.later == nil {
		q.later = map[reconcile.Request]time.Duration{}
	}
	q.later[request] = d
}

func (w *discoveryWorld) expectVectaraJobs(t *testing.T, want ...string) {
	t.Helper()
	if got := w.vectaraJobs(t); !slices.Equal(got, want) {
		t.Errorf("There are VectaraJobs for %q, want %q", got, want)
	}
}

// expectConditions compares the conditions, as "Type Status Reason" in the order of their types.
func (w *discoveryWorld) expectConditions(t *testing.T, want ...string) {
	t.Helper()
	if got := discoverySummary(w.stored(t).Status); !slices.Equal(got, want) {
		t.Errorf("Conditions are %q, want %q", got, want)
	}
}

func (w *discoveryWorld) expectCalls(t *testing.T, creations, patches int) {
	t.Helper()
	if len(w.created) != creations || len(w.patches) != patches {
		t.Errorf("There were %d creations and %d writes of status, want %d and %d: %q", len(w.created), len(w.patches), creations, patches, w.created)
	}
}
