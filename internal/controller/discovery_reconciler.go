// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// cachePause is the wait for the cache to receive the last write.
const cachePause = 100 * time.Millisecond

// ListSource is where listings come from. *jobs.Source is one.
type ListSource interface {
	WatchList(jobs.ListSubscription) (jobs.Listing, bool)
	UnwatchList(jobs.Key)
}

var _ ListSource = &jobs.Source{}

// DiscoveryMetricsRecorder records what discoveries do. Its methods must not block.
type DiscoveryMetricsRecorder interface {
	// JobDiscovered records how many VectaraJobs were created.
	JobDiscovered(n int)
}

// DiscoveryReconciler creates the VectaraJobs of VectaraJobDiscoveries.
type DiscoveryReconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Recorder records events.
	Recorder events.EventRecorder
	// Source lists the jobs.
	Source ListSource
	// Selector is what the labels of a VectaraJob must match to be watched by this operator; nil means anything.
	Selector labels.Selector
	// Metrics records what was created; nil records nothing.
	Metrics DiscoveryMetricsRecorder
	// Writes keeps which objects could not be written; nil keeps nothing.
	Writes *WriteMonitor
	// Now is the clock.
	Now func() time.Time

	changes      EventSource
	expectations expectations
}

// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobdiscoveries,verbs=list;watch
// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobdiscoveries/status,verbs=patch
// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobs,verbs=create

// Reconcile gathers what is known, decides what to create, creates it, and writes status.
func (r *DiscoveryReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var discovery v1alpha1.VectaraJobDiscovery
	defer r.Writes.notePanic(v1alpha1.VectaraJobDiscoveryKind, &discovery)
	if err := r.Client.Get(ctx, req.NamespacedName, &discovery); err != nil {
		if apierrors.IsNotFound(err) {
			r.Source.UnwatchList(jobs.Key(req.NamespacedName))
			r.expectations.forget(req.NamespacedName)
			r.Writes.reconciled(ctx, v1alpha1.VectaraJobDiscoveryKind, req.NamespacedName, nil, nil)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if discovery.IsSuspended() || !discovery.DeletionTimestamp.IsZero() {
		// What was created and is not in status yet stays remembered: the discovery may be resumed.
		r.Source.UnwatchList(jobs.Key(req.NamespacedName))
		return ctrl.Result{}, nil
	}
	if !r.expectations.reached(&discovery) {
		// Its memory is not the one written last. A decision based on it might create again what was deleted.
		return ctrl.Result{RequeueAfter: cachePause}, nil
	}

	s, err := r.gather(ctx, &discovery)
	if err != nil {
		return ctrl.Result{}, err
	}
	result := decideDiscovery(s)
	if result == nil {
		return ctrl.Result{}, nil
	}
	creating := r.create(ctx, s, result)
	if apierrors.HasStatusCause(creating, corev1.NamespaceTerminatingCause) {
		return ctrl.Result{}, nil // The discovery goes with its namespace.
	}
	status := nextDiscoveryStatus(&discovery, *result, r.Now())
	err = r.write(ctx, &discovery, status, *result)
	r.Writes.reconciled(ctx, v1alpha1.VectaraJobDiscoveryKind, req.NamespacedName, &discovery, err)
	if err == nil && ctx.Err() == nil && creating != nil {
		return ctrl.Result{}, creating
	}
	return resultOf(ctx, err, discoveryRequeue(&discovery, status, result, r.Now()))
}

// gather reads the Secret, the newest listing, and what the namespace holds.
func (r *DiscoveryReconciler) gather(ctx context.Context, discovery *v1alpha1.VectaraJobDiscovery) (discoveryScope, error) {
	s := discoveryScope{discovery: discovery, selector: r.Selector, now: r.Now()}
	key := jobs.Key(client.ObjectKeyFromObject(discovery))
	creds, missing, err := credentials(ctx, r.Client, discovery.Namespace, discovery.Spec.SecretRef.Name)
	if err != nil {
		return s, err
	}
	if missing != nil {
		r.Source.UnwatchList(key)
		s.noCredentials = missing
		return s, nil
	}
	listing, ok := r.Source.WatchList(r.subscription(key, discovery, creds))
	if ok {
		s.listing = &listing
	}
	if !ok || listing.Fault != nil {
		return s, nil
	}
	var present v1alpha1.VectaraJobList
	if err := r.Client.List(ctx, &present, client.InNamespace(discovery.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return s, fmt.Errorf("listing the VectaraJobs of the namespace: %w", err)
	}
	s.present = present.Items
	s.expected, s.unwritten = r.expectations.pending(discovery, s.present, s.now)
	return s, nil
}

// subscription is what to list for a discovery.
func (r *DiscoveryReconciler) subscription(key jobs.Key, discovery *v1alpha1.VectaraJobDiscovery, creds vectara.Credentials) jobs.ListSubscription {
	return jobs.ListSubscription{
		Key:         key,
		UID:         string(discovery.UID),
		Credentials: creds,
		Request:     listRequestOf(discovery),
		States:      statesOf(discovery),
		Window:      windowOf(discovery),
		Listed:      timeOf(discovery.Status.LastSweepTime),
		Match:       matcher(discovery.Spec),
		CorpusKeys:  discovery.Spec.CorpusKeys,
		Interval:    intervalOf(discovery),
		Enqueue:     r.changes.Enqueue,
	}
}

// write writes status if it changed, and records what changed.
func (r *DiscoveryReconciler) write(
	ctx context.Context, discovery *v1alpha1.VectaraJobDiscovery, status v1alpha1.VectaraJobDiscoveryStatus, result discoveryResult,
) error {
	if equality.Semantic.DeepEqual(discovery.Status, status) {
		return nil
	}
	after := discovery.DeepCopy()
	after.Status = status
	if err := patchStatus(ctx, r.Client, discovery, after); err != nil {
		return err
	}
	r.expectations.written(after, result.memory != nil)
	r.recordEvents(ctx, discovery, after, result)
	if r.Metrics != nil && len(result.created) > 0 {
		r.Metrics.JobDiscovered(len(result.created))
	}
	return nil
}

// listRequestOf is the request of a discovery.
func listRequestOf(discovery *v1alpha1.VectaraJobDiscovery) jobs.Request {
	return requestBy(discovery, discovery.Status.LastHandledReconcileAt)
}

func statesOf(discovery *v1alpha1.VectaraJobDiscovery) []string {
	var states []string
	for _, state := range discovery.Spec.States {
		states = append(states, string(state))
	}
	return states
}
