// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
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

// secretIndex finds the VectaraJobs that refer to a Secret.
const secretIndex = ".spec.secretRef.name"

// Waker puts objects into the queue of a controller when there is news about their jobs. Its zero value is ready for
// use.
type Waker struct {
	queue atomic.Pointer[workqueue.TypedRateLimitingInterface[reconcile.Request]]
}

// Wake has an object reconciled. It does not block. Before the controller runs it does nothing: nobody is waiting yet.
func (w *Waker) Wake(key jobs.Key) {
	if queue := w.queue.Load(); queue != nil {
		(*queue).Add(reconcile.Request{NamespacedName: types.NamespacedName(key)})
	}
}

func (w *Waker) source() source.Source {
	return source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		w.queue.Store(&queue)
		return nil
	})
}

// SetupWithManager registers the reconciler: it is called for objects that changed in a way that matters, for objects
// whose Secret changed, and for those that waker wakes.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, waker *Waker, options controller.Options) error {
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.VectaraJob{}, secretIndex, secretNameOf); err != nil {
		return fmt.Errorf("indexing VectaraJobs by Secret: %w", err)
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("vectarajob").
		For(&v1alpha1.VectaraJob{}, builder.WithPredicates(jobChanges(), announceSuspension(mgr.GetLogger()))).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.waitingFor), builder.WithPredicates(secretChanges(), announceCredentials(mgr.GetLogger()))).
		WatchesRawSource(waker.source()).
		WithOptions(options).
		Complete(r)
}

func secretNameOf(object client.Object) []string {
	job, ok := object.(*v1alpha1.VectaraJob)
	if !ok {
		return nil
	}
	return []string{job.Spec.SecretRef.Name}
}

// waitingFor lists the objects whose jobs are asked with a Secret.
func (r *Reconciler) waitingFor(ctx context.Context, secret client.Object) []reconcile.Request {
	var list v1alpha1.VectaraJobList
	if err := r.Client.List(ctx, &list, client.InNamespace(secret.GetNamespace()), client.MatchingFields{secretIndex: secret.GetName()}); err != nil {
		// The cache answers; it fails only when the process ends.
		ctrl.LoggerFrom(ctx).Error(err, "Listing the VectaraJobs of a Secret failed")
		return nil
	}
	requests := make([]reconcile.Request, 0, len(list.Items))
	for i := range list.Items {
		if object := &list.Items[i]; !settled(object) && !object.IsSuspended() {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)})
		}
	}
	return requests
}

// jobChanges lets pass what a user did to an object, and not what the operator wrote itself; but for the end of the job:
// a reconcile that was under way with an older copy of the object may have had the job observed once more.
func jobChanges() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*v1alpha1.VectaraJob)
		after, okToo := e.ObjectNew.(*v1alpha1.VectaraJob)
		return ok && okToo && before.IsFinished() != after.IsFinished() || changedByUser(e)
	}}
}

// changedByUser reports whether an update is of what users change, and not of what the operator writes itself.
func changedByUser(e event.UpdateEvent) bool {
	return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
		e.ObjectOld.GetUID() != e.ObjectNew.GetUID() ||
		e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero() ||
		e.ObjectOld.GetAnnotations()[v1alpha1.RequestedAtAnnotation] != e.ObjectNew.GetAnnotations()[v1alpha1.RequestedAtAnnotation]
}

// secretChanges lets pass what may make other credentials of a Secret.
func secretChanges() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*corev1.Secret)
		after, okToo := e.ObjectNew.(*corev1.Secret)
		return !ok || !okToo || !maps.EqualFunc(before.Data, after.Data, func(a, b []byte) bool { return string(a) == string(b) })
	}}
}
