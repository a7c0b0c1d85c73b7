// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// secretIndex finds the objects that refer to a Secret.
const secretIndex = ".spec.secretRef.name"

// maxRetryDelay is the longest wait before a failed reconcile is retried.
const maxRetryDelay = time.Minute

// EventSource enqueues objects when something about their jobs changed. Its zero value is ready for use.
type EventSource struct {
	queue atomic.Pointer[workqueue.TypedRateLimitingInterface[reconcile.Request]]
}

// Enqueue has an object reconciled. It does not block. Before the controller runs it does nothing: every object is
// reconciled at the start anyway.
func (s *EventSource) Enqueue(key jobs.Key) {
	if queue := s.queue.Load(); queue != nil {
		(*queue).Add(reconcile.Request{NamespacedName: types.NamespacedName(key)})
	}
}

func (s *EventSource) source() source.Source {
	return source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		s.queue.Store(&queue)
		return nil
	})
}

// withRetryLimit limits the wait before a retry, unless the options have a rate limiter of their own.
func withRetryLimit(options controller.Options) controller.Options {
	if options.RateLimiter == nil {
		options.RateLimiter = workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](5*time.Millisecond, maxRetryDelay)
	}
	return options
}

// SetupWithManager registers the reconciler: it is called for objects that changed in a way that matters, for objects
// whose Secret changed, and for those that the event source enqueues.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, changes *EventSource, options controller.Options) error {
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.VectaraJob{}, secretIndex, secretNameOf); err != nil {
		return fmt.Errorf("indexing VectaraJobs by Secret: %w", err)
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("vectarajob").
		For(&v1alpha1.VectaraJob{}, builder.WithPredicates(relevantChanges(), logSuspension(mgr.GetLogger()))).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.waitingFor), builder.WithPredicates(secretChanges(), logCredentials(mgr.GetLogger()))).
		WatchesRawSource(changes.source()).
		WithOptions(withRetryLimit(options)).
		Complete(r)
}

// secretNameOf is the name of the Secret that an object refers to.
func secretNameOf(object client.Object) []string {
	switch object := object.(type) {
	case *v1alpha1.VectaraJob:
		return []string{object.Spec.SecretRef.Name}
	case *v1alpha1.VectaraJobDiscovery:
		return []string{object.Spec.SecretRef.Name}
	}
	return nil
}

// waitingFor lists the objects whose jobs are polled with the credentials in a Secret.
func (r *Reconciler) waitingFor(ctx context.Context, secret client.Object) []reconcile.Request {
	var list v1alpha1.VectaraJobList
	listBySecret(ctx, r.Client, &list, secret)
	var requests []reconcile.Request
	for i := range list.Items {
		if object := &list.Items[i]; !isSettled(object) && !object.IsSuspended() {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)})
		}
	}
	return requests
}

// listBySecret lists the objects that refer to a Secret.
func listBySecret(ctx context.Context, reader client.Reader, list client.ObjectList, secret client.Object) {
	if err := reader.List(ctx, list, client.InNamespace(secret.GetNamespace()), client.MatchingFields{secretIndex: secret.GetName()}); err != nil {
		// This reads the cache, which fails only when the process ends.
		ctrl.LoggerFrom(ctx).Error(err, "Listing the objects that refer to a Secret failed")
	}
}

// relevantChanges lets pass what a user changed, and every change of status, the operator's own writes included: a reconcile that
// read the object as it was before a write may have found nothing to be written, and nothing else would lead to another one.
func relevantChanges() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool { return changedByUser(e) || changedStatus(e) }}
}

func changedStatus(e event.UpdateEvent) bool {
	switch before := e.ObjectOld.(type) {
	case *v1alpha1.VectaraJob:
		after, ok := e.ObjectNew.(*v1alpha1.VectaraJob)
		return ok && !equality.Semantic.DeepEqual(before.Status, after.Status)
	case *v1alpha1.VectaraJobDiscovery:
		after, ok := e.ObjectNew.(*v1alpha1.VectaraJobDiscovery)
		return ok && !equality.Semantic.DeepEqual(before.Status, after.Status)
	}
	return false
}

// changedByUser reports whether an update is of what users change, and not of what the operator writes itself.
func changedByUser(e event.UpdateEvent) bool {
	return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
		e.ObjectOld.GetUID() != e.ObjectNew.GetUID() ||
		e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero() ||
		e.ObjectOld.GetAnnotations()[v1alpha1.RequestedAtAnnotation] != e.ObjectNew.GetAnnotations()[v1alpha1.RequestedAtAnnotation]
}

// secretChanges lets pass what may change the credentials in a Secret.
func secretChanges() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*corev1.Secret)
		after, okToo := e.ObjectNew.(*corev1.Secret)
		return !ok || !okToo || !maps.EqualFunc(before.Data, after.Data, func(a, b []byte) bool { return string(a) == string(b) })
	}}
}
