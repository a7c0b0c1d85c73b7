// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

const testAPIKey = "zut_very-secret-api-key"

// fakeSource has the same observation for every subscriber, and records its calls.
type fakeSource struct {
	observation   *jobs.Observation
	subscriptions []jobs.Subscription
	unwatched     []jobs.Key
}

func (s *fakeSource) Watch(subscription jobs.Subscription) (jobs.Observation, bool) {
	s.subscriptions = append(s.subscriptions, subscription)
	if s.observation == nil {
		return jobs.Observation{}, false
	}
	return *s.observation, true
}

func (s *fakeSource) Unwatch(key jobs.Key) { s.unwatched = append(s.unwatched, key) }

// recorded is an event.
type recorded struct{ kind, reason, action, note string }

// fakeRecorder remembers events.
type fakeRecorder struct{ events []recorded }

func (r *fakeRecorder) Eventf(_, _ runtime.Object, kind, reason, action, note string, args ...any) {
	r.events = append(r.events, recorded{kind, reason, action, fmt.Sprintf(note, args...)})
}

// world is a reconciler, and all that it uses.
type world struct {
	*Reconciler
	source   *fakeSource
	recorder *fakeRecorder
	lines    []string // of the log
	patches  []string // of status, as sent
	others   []string // every other write
	deleted  []client.DeleteOptions
	now      time.Time

	// patchError and deleteError are what the API server returns for writes, if not nil; getSecretError to the read of a Secret.
	patchError, deleteError, getSecretError error

	stale *v1alpha1.VectaraJob // what the cache has of it, if not what the API server has
}

// newWorld is a cluster with objects in it, a source without observations, and a clock that stands at noon.
func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	w := &world{source: &fakeSource{}, recorder: &fakeRecorder{}, now: noon}
	cluster := fake.NewClientBuilder().
		WithScheme(testScheme()).
		WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.VectaraJob{}).
		WithIndex(&v1alpha1.VectaraJob{}, secretIndex, secretNameOf).
		WithInterceptorFuncs(w.interceptors()).
		Build()
	w.Reconciler = &Reconciler{
		Client:         cluster,
		Recorder:       w.recorder,
		Source:         w.source,
		Bounds:         testBounds,
		RequestTimeout: 10 * time.Second,
		Now:            func() time.Time { return w.now },
	}
	return w
}

// testScheme is made once: it takes longer than a test does.
var testScheme = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(corev1.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
})

func (w *world) interceptors() interceptor.Funcs {
	return interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if _, ok := object.(*corev1.Secret); ok && w.getSecretError != nil {
				return w.getSecretError
			}
			if object, ok := object.(*v1alpha1.VectaraJob); ok && w.stale != nil {
				w.stale.DeepCopyInto(object)
				return nil
			}
			return c.Get(ctx, key, object, options...)
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
		Delete: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			w.deleted = append(w.deleted, *(&client.DeleteOptions{}).ApplyOptions(options))
			if w.deleteError != nil {
				return w.deleteError
			}
			return c.Delete(ctx, object, options...)
		},
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			w.others = append(w.others, "create")
			return nil
		},
		Update: func(context.Context, client.WithWatch, client.Object, ...client.UpdateOption) error {
			w.others = append(w.others, "update")
			return nil
		},
		Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			w.others = append(w.others, "patch")
			return nil
		},
		SubResourceUpdate: func(context.Context, client.Client, string, client.Object, ...client.SubResourceUpdateOption) error {
			w.others = append(w.others, "update of a subresource")
			return nil
		},
	}
}

// context is a context whose logger writes to lines.
func (w *world) context(t *testing.T) context.Context {
	t.Helper()
	return ctrl.LoggerInto(t.Context(), funcr.New(func(_, args string) { w.lines = append(w.lines, args) }, funcr.Options{}))
}

var testRequest = ctrl.Request{NamespacedName: client.ObjectKey{Namespace: testNamespace, Name: testName}}

// reconcile reconciles the object of testRequest, and wants no error.
func (w *world) reconcile(t *testing.T) ctrl.Result {
	t.Helper()
	result, err := w.Reconcile(w.context(t), testRequest)
	if err != nil {
		t.Fatalf("Reconcile: %v", err)
	}
	return result
}

// stored is the object of testRequest as it is in the cluster.
func (w *world) stored(t *testing.T) *v1alpha1.VectaraJob {
	t.Helper()
	var object v1alpha1.VectaraJob
	if err := w.Client.Get(t.Context(), testRequest.NamespacedName, &object); err != nil {
		t.Fatalf("Reading the object: %v", err)
	}
	return &object
}

// answers has the source return an observation that was made for an object as it is.
func (w *world) answers(object *v1alpha1.VectaraJob, o jobs.Observation) {
	o.Request = requestOf(object)
	w.source.observation = &o
}

func (w *world) expectNoWrites(t *testing.T) {
	t.Helper()
	if len(w.patches)+len(w.others)+len(w.deleted) > 0 {
		t.Errorf("There were writes: %q, %q, %d deletions", w.patches, w.others, len(w.deleted))
	}
	if len(w.recorder.events) > 0 {
		t.Errorf("There were events: %q", w.recorder.events)
	}
}

func (w *world) expectNothingAsked(t *testing.T) {
	t.Helper()
	if len(w.source.subscriptions) > 0 {
		t.Errorf("The source was called: %+v", w.source.subscriptions)
	}
}

// secret is a Secret with an API key, of the type that the operator reads, as changes change it.
func secret(changes ...func(*corev1.Secret)) *corev1.Secret {
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: testSecret},
		Type:       v1alpha1.CredentialsSecretType,
		Data:       map[string][]byte{"api-key": []byte(testAPIKey)},
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

func withData(pairs ...string) func(*corev1.Secret) {
	return func(s *corev1.Secret) {
		s.Data = map[string][]byte{}
		for i := 0; i < len(pairs); i += 2 {
			s.Data[pairs[i]] = []byte(pairs[i+1])
		}
	}
}

func withType(kind corev1.SecretType) func(*corev1.Secret) {
	return func(s *corev1.Secret) { s.Type = kind }
}

func withSecretName(name string) func(*corev1.Secret) {
	return func(s *corev1.Secret) { s.Name = name }
}
