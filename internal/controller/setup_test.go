// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

func TestChangesOfAnObjectThatMatter(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after *v1alpha1.VectaraJob
		passes        bool
	}{
		{"nothing, as in a resync", job(), job(), false},
		{"a status, even if the operator wrote it", job(), job(withState("started")), true},
		{"a label", job(), job(func(object *v1alpha1.VectaraJob) { object.Labels = map[string]string{"team": "search"} }), false},
		{"an annotation of somebody else", job(), job(func(object *v1alpha1.VectaraJob) { object.Annotations = map[string]string{"note": "x"} }), false},
		{"a finalizer", job(), job(func(object *v1alpha1.VectaraJob) { object.Finalizers = []string{"example.com/audit"} }), false},
		{"the specification", job(), job(withGeneration(2)), true},
		{"a request", job(), job(withRequestedAt("now")), true},
		{"another request", job(withRequestedAt("then")), job(withRequestedAt("now")), true},
		{"the beginning of its deletion", job(), job(beingDeleted), true},
		{"another object of its name", job(), job(withUID("another")), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := relevantChanges().Update(event.UpdateEvent{ObjectOld: test.before, ObjectNew: test.after}); got != test.passes {
				t.Errorf("Passes: %t, want %t", got, test.passes)
			}
		})
	}
	t.Run("objects that come and go", func(t *testing.T) {
		if !relevantChanges().Create(event.CreateEvent{Object: job()}) || !relevantChanges().Delete(event.DeleteEvent{Object: job()}) {
			t.Error("They do not pass")
		}
	})
}

func TestChangesOfASecretThatMatter(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after *corev1.Secret
		passes        bool
	}{
		{"nothing, as in a resync", secret(), secret(), false},
		{"a label", secret(), secret(func(s *corev1.Secret) { s.Labels = map[string]string{"team": "search"} }), false},
		{"a new resource version", secret(), secret(func(s *corev1.Secret) { s.ResourceVersion = "2" }), false},
		{"another key", secret(), secret(withData("api-key", "zut_another-api-key")), true},
		{"a key more", secret(), secret(withData("api-key", testAPIKey, "client-id", "operator")), true},
		{"a key less", secret(), secret(withData()), true},
		{"a key under another name", secret(withData("apikey", testAPIKey)), secret(), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := secretChanges().Update(event.UpdateEvent{ObjectOld: test.before, ObjectNew: test.after}); got != test.passes {
				t.Errorf("Passes: %t, want %t", got, test.passes)
			}
		})
	}
	t.Run("Secrets that come and go", func(t *testing.T) {
		if !secretChanges().Create(event.CreateEvent{Object: secret()}) || !secretChanges().Delete(event.DeleteEvent{Object: secret()}) {
			t.Error("They do not pass")
		}
	})
}

func named(name string) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.Name = name }
}

func inNamespace(namespace string) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.Namespace = namespace }
}

func TestWhoWaitsForASecret(t *testing.T) {
	w := newWorld(t,
		job(named("new")),
		job(named("running"), withState("started")),
		job(named("refused"), withFault(apiFault(jobs.Unauthorized))),
		job(named("without-credentials"), withNoCredentials(credentialsNotFound(testNamespace, testSecret))),
		job(named("rechecked"), withState("failed"), withRequestedAt("now")),
		job(named("completed"), withState("completed")),
		job(named("failed"), withState("failed")),
		job(named("suspended"), withSuspend(true)),
		job(named("with-another-secret"), withSecretRef("other")),
		job(named("elsewhere"), inNamespace("finance")),
	)
	var got []string
	for _, request := range w.waitingFor(w.context(t), secret()) {
		if request.Namespace != testNamespace {
			t.Errorf("%s is in another namespace than the Secret", request)
		}
		got = append(got, request.Name)
	}
	slices.Sort(got)
	if want := []string{"new", "rechecked", "refused", "running", "without-credentials"}; !slices.Equal(got, want) {
		t.Errorf("Waiting are %q, want %q", got, want)
	}
}

func TestNobodyWaitsIfTheCacheFails(t *testing.T) {
	w := newWorld(t, job())
	failing, ok := w.Client.(client.WithWatch)
	if !ok {
		t.Fatal("The fake client cannot watch")
	}
	w.Client = interceptor.NewClient(failing, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("the cache has ended")
		},
	})
	if got := w.waitingFor(w.context(t), secret()); len(got) != 0 || len(w.lines) != 1 {
		t.Errorf("Waiting are %v and the log says %q, want nobody and one line", got, w.lines)
	}
}

func TestTheIndexKnowsTheSecretOfAnObject(t *testing.T) {
	if got := secretNameOf(job(withSecretRef("other"))); !slices.Equal(got, []string{"other"}) {
		t.Errorf("A VectaraJob is found by %q, want its Secret", got)
	}
	if got := secretNameOf(secret()); len(got) != 0 {
		t.Errorf("A Secret is found by %q, want nothing", got)
	}
}

func TestTheEventSourceEnqueuesObjectsOnceTheControllerRuns(t *testing.T) {
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer queue.ShutDown()
	var changes EventSource
	changes.Enqueue(testKey) // The controller does not run yet.
	if err := changes.source().Start(t.Context(), queue); err != nil {
		t.Fatalf("Starting the source: %v", err)
	}
	if queue.Len() != 0 {
		t.Errorf("There are %d objects in the queue before anything was enqueued", queue.Len())
	}
	changes.Enqueue(testKey)
	changes.Enqueue(testKey)
	if queue.Len() != 1 {
		t.Fatalf("There are %d objects in the queue, want one", queue.Len())
	}
	if got, _ := queue.Get(); got != testRequest {
		t.Errorf("Enqueued is %v, want %v", got, testRequest)
	}
}

func TestFailedReconcilesAreRetriedWithinAMinute(t *testing.T) {
	limiter := withRetryLimit(controller.Options{}).RateLimiter
	var wait time.Duration
	for range 50 {
		wait = limiter.When(testRequest)
		if wait > time.Minute {
			t.Fatalf("A retry waits for %v, want at most a minute", wait)
		}
	}
	if wait != time.Minute {
		t.Errorf("After 50 failures a retry waits for %v, want a minute", wait)
	}
	own := workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Hour, time.Hour)
	if got := withRetryLimit(controller.Options{RateLimiter: own}).RateLimiter; got != own {
		t.Error("The rate limiter in the options is replaced")
	}
}

// TestStatusThatGoesThereAndBackWhileTheCacheLags has a job change its state and change it back, before the cache shows what was
// written in between.
func TestStatusThatGoesThereAndBackWhileTheCacheLags(t *testing.T) {
	w := newWorld(t, job(withState("started")), secret())
	object := stored(t, w, testName)
	w.answers(object, seenIn("started"))
	w.reconcile(t)
	object = stored(t, w, testName)
	w.answers(object, seenIn("failed_will_retry"))
	w.reconcile(t)
	written := stored(t, w, testName)
	if written.Status.State != "failed_will_retry" {
		t.Fatalf("status says %s", written.Status.State)
	}

	w.stale = object
	w.answers(object, seenIn("started"))
	w.reconcile(t) // Nothing is to be written, as far as the cache knows.
	w.stale = nil
	if got := stored(t, w, testName).Status.State; got != "failed_will_retry" {
		t.Fatalf("status says %s: the cache was not stale", got)
	}

	if relevantChanges().Update(event.UpdateEvent{ObjectOld: object, ObjectNew: written}) {
		w.reconcile(t)
	}
	if got := stored(t, w, testName).Status.State; got != "started" {
		t.Errorf("once the cache is up to date, status says %s, want started", got)
	}
}
