// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// SetupWithManager registers the reconciler: it is called for discoveries that a user changed, for those whose Secret changed,
// for those of which a VectaraJob was deleted, and for those that the source enqueues.
func (r *DiscoveryReconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, options controller.Options) error {
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.VectaraJobDiscovery{}, secretIndex, secretNameOf); err != nil {
		return fmt.Errorf("indexing VectaraJobDiscoveries by Secret: %w", err)
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("vectarajobdiscovery").
		For(&v1alpha1.VectaraJobDiscovery{}, builder.WithPredicates(relevantChanges())).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.waitingFor), builder.WithPredicates(secretChanges())).
		Watches(&v1alpha1.VectaraJob{}, r.whenDeleted()).
		WatchesRawSource(r.changes.source()).
		WithOptions(withRetryLimit(options)).
		Complete(r)
}

// waitingFor lists the discoveries that use the credentials in a Secret.
func (r *DiscoveryReconciler) waitingFor(ctx context.Context, secret client.Object) []reconcile.Request {
	var list v1alpha1.VectaraJobDiscoveryList
	listBySecret(ctx, r.Client, &list, secret)
	var requests []reconcile.Request
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}

// roomPause is the wait after a VectaraJob was deleted: when many are deleted, they make room together.
const roomPause = time.Second

// whenDeleted has a discovery reconciled a moment after a VectaraJob of it is gone. Whether it waits for room cannot be read
// from its status: a reconcile that is under way may be about to write so.
func (r *DiscoveryReconciler) whenDeleted() handler.EventHandler {
	return handler.Funcs{
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			job, ok := e.Object.(*v1alpha1.VectaraJob)
			owner := metav1.GetControllerOfNoCopy(e.Object)
			if !ok || owner == nil || owner.Kind != v1alpha1.VectaraJobDiscoveryKind {
				return
			}
			name := types.NamespacedName{Namespace: job.Namespace, Name: owner.Name}
			r.expectations.deleted(name, job.Spec.JobID)
			queue.AddAfter(reconcile.Request{NamespacedName: name}, roomPause)
		},
	}
}
