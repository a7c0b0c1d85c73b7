// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

const (
	// maxCreating is how many VectaraJobs one discovery has created at the same time.
	maxCreating = 8

	// cachePause is the wait for the cache to learn of the last write.
	cachePause = 100 * time.Millisecond
)

// ListSource is where listings come from. *jobs.Source is one.
type ListSource interface {
	List(jobs.ListWatch) (jobs.Listing, bool)
	ForgetList(jobs.Key)
}

// DiscoveryMeter is told what discoveries do, for metrics.
type DiscoveryMeter interface {
	// JobDiscovered tells how many VectaraJobs were created.
	JobDiscovered(n int)
}

// DiscoveryReconciler creates the VectaraJobs of VectaraJobDiscoveries.
type DiscoveryReconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Recorder takes the events.
	Recorder events.EventRecorder
	// Source lists the jobs.
	Source ListSource
	// Selector is what the labels of a VectaraJob must match to be watched by this operator; nil means anything.
	Selector labels.Selector
	// Meter is told what was created; nil means that nobody is.
	Meter DiscoveryMeter
	// Now tells the time.
	Now func() time.Time

	waker   Waker
	written writtenVersions
	recent  creations
}

// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobdiscoveries,verbs=list;watch
// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobdiscoveries/status,verbs=patch
// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobs,verbs=create

// Reconcile creates what the newest listing asks for, and writes down what it did.
func (r *DiscoveryReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var discovery v1alpha1.VectaraJobDiscovery
	if err := r.Client.Get(ctx, req.NamespacedName, &discovery); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(req.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if discovery.IsSuspended() || !discovery.DeletionTimestamp.IsZero() {
		r.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	if !r.written.reached(&discovery) {
		// What it remembers is not what was written last: deciding by it might create again what was deleted.
		return ctrl.Result{RequeueAfter: cachePause}, nil
	}

	found, err := r.look(ctx, &discovery)
	if err != nil || found == nil {
		return ctrl.Result{}, err
	}
	var creating error
	if found.listing != nil {
		creating = r.create(ctx, &discovery, found)
	}
	if apierrors.HasStatusCause(creating, corev1.NamespaceTerminatingCause) {
		return ctrl.Result{}, nil // The discovery goes with its namespace.
	}
	again, err := r.write(ctx, &discovery, *found)
	switch {
	case ctx.Err() != nil:
		return ctrl.Result{}, nil //nolint:nilerr // The process ends. The next one does the rest.
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: conflictPause}, nil
	case err != nil:
		return ctrl.Result{}, client.IgnoreNotFound(err)
	case creating != nil:
		return ctrl.Result{}, creating
	}
	return ctrl.Result{RequeueAfter: again}, nil
}

func (r *DiscoveryReconciler) forget(name types.NamespacedName) {
	r.Source.ForgetList(jobs.Key(name))
	r.written.forget(name)
	r.recent.forget(name)
}

// look finds out what is known of the jobs that a discovery is about; nil means that there is nothing to be said yet.
func (r *DiscoveryReconciler) look(ctx context.Context, discovery *v1alpha1.VectaraJobDiscovery) (*discoveryFinding, error) {
	key := jobs.Key{Namespace: discovery.Namespace, Name: discovery.Name}
	creds, missing, err := credentialsIn(ctx, r.Client, discovery.Namespace, discovery.Spec.SecretRef.Name)
	if err != nil {
		return nil, err
	}
	if missing != nil {
		r.Source.ForgetList(key)
		// A list that was asked for is still to be made, once there is something to ask with.
		request := jobs.Request{Generation: discovery.Generation, RequestedAt: discovery.Status.LastHandledReconcileAt}
		return &discoveryFinding{request: request, trouble: missing}, nil
	}
	listing, ok := r.Source.List(jobs.ListWatch{
		Key:         key,
		UID:         string(discovery.UID),
		Credentials: creds,
		Request:     listRequestOf(discovery),
		States:      statesOf(discovery),
		Window:      windowOf(discovery),
		Match:       matcher(discovery.Spec),
		Interval:    intervalOf(discovery),
		Wake:        r.waker.Wake,
	})
	if !ok || listing.Request.Generation != discovery.Generation {
		return nil, nil
	}
	found := discoveryFinding{request: listing.Request}
	if listing.Fault != nil {
		t := listTroubleOf(listing.Fault, creds.Secret.Name)
		found.trouble = &t
		return &found, nil
	}
	found.listing = &listing
	return &found, nil
}

// create carries out what a listing asks for, and writes into the finding what came of it. It returns an error if it is to
// be tried again.
func (r *DiscoveryReconciler) create(ctx context.Context, discovery *v1alpha1.VectaraJobDiscovery, found *discoveryFinding) error {
	if r.Selector != nil && !r.Selector.Matches(labels.Set(labelsOf(discovery))) {
		found.unwatched = true
		return nil
	}
	var present v1alpha1.VectaraJobList
	if err := r.Client.List(ctx, &present, client.InNamespace(discovery.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the VectaraJobs of the namespace: %w", err)
	}
	now := r.Now()
	found.memory = readHandled(discovery.Status.HandledJobs)
	if found.complete() {
		found.memory.forget(found.listing.Since, found.listing.Jobs, now)
	}
	for _, job := range r.recent.unwritten(discovery) {
		if !found.memory.has(job.ID) {
			found.memory.add(job.ID, job.CreatedAt, now)
			found.created = append(found.created, job)
		}
	}
	unseen := r.recent.unseen(discovery, present.Items, now)
	found.plan = planDiscovery(discovery, found.memory, present.Items, unseen, found.listing.Jobs)
	made, err := r.createAll(ctx, discovery, found.plan.create)
	r.recent.add(discovery, made, now)
	found.created = slices.Concat(found.created, made, found.plan.adopt)
	for _, job := range slices.Concat(made, found.plan.adopt, found.plan.leave) {
		found.memory.add(job.ID, job.CreatedAt, now)
	}
	if err != nil {
		found.refused = err.Error()
		return fmt.Errorf("creating a VectaraJob: %w", err)
	}
	return nil
}

// createAll creates VectaraJobs for jobs, and returns those for which it did. It ends with the first error, but for a
// VectaraJob that exists already, which keeps the others from nothing: it is ours and not in the cache yet, or of a former
// discovery and about to go, or somebody else has taken its name.
func (r *DiscoveryReconciler) createAll(ctx context.Context, discovery *v1alpha1.VectaraJobDiscovery, wanted []jobs.Found) ([]jobs.Found, error) {
	var (
		made  = make([]bool, len(wanted))
		taken = make([]error, len(wanted))
	)
	group, untilFirstError := errgroup.WithContext(ctx)
	group.SetLimit(maxCreating)
	for i, job := range wanted {
		group.Go(func() error {
			if untilFirstError.Err() != nil {
				return nil //nolint:nilerr // Who met the first error tells of it.
			}
			// A call that is under way is let come to its end: what it created must be remembered.
			err := r.Client.Create(ctx, discovered(discovery, job.ID), client.FieldOwner(FieldOwner))
			if apierrors.IsAlreadyExists(err) {
				taken[i] = err
				return nil
			}
			made[i] = err == nil
			return err
		})
	}
	err := group.Wait()
	var created []jobs.Found
	for i, job := range wanted {
		if made[i] {
			created = append(created, job)
		}
		if err == nil {
			err = taken[i]
		}
	}
	return created, err
}

// write brings status up to a finding, if it says anything else, and tells the world about it. It returns how long it is until
// the discovery has to be looked at again.
func (r *DiscoveryReconciler) write(ctx context.Context, discovery *v1alpha1.VectaraJobDiscovery, found discoveryFinding) (time.Duration, error) {
	before := discovery.DeepCopy()
	discovery.Status = nextDiscoveryStatus(before, found, r.Now())
	if !equality.Semantic.DeepEqual(before.Status, discovery.Status) {
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := r.Client.Status().Patch(ctx, discovery, patch, client.FieldOwner(FieldOwner)); err != nil {
			return 0, fmt.Errorf("writing status: %w", err)
		}
		r.written.note(discovery)
		if found.memory != nil {
			r.recent.wrote(discovery)
		}
		r.announce(ctx, before, discovery, found)
		if r.Meter != nil && len(found.created) > 0 {
			r.Meter.JobDiscovered(len(found.created))
		}
	}
	switch {
	case found.plan.later > 0:
		return cachePause, nil
	case discovery.Status.LastSweepTime == nil:
		return 0, nil
	default:
		return max(discovery.Status.LastSweepTime.Add(sweepTimeAge+time.Second).Sub(r.Now()), time.Minute), nil
	}
}

// listRequestOf is what a discovery wants at present.
func listRequestOf(discovery *v1alpha1.VectaraJobDiscovery) jobs.Request {
	requestedAt := clip(discovery.Annotations[v1alpha1.RequestedAtAnnotation], maxRequest)
	if requestedAt == "" {
		requestedAt = discovery.Status.LastHandledReconcileAt
	}
	return jobs.Request{Generation: discovery.Generation, RequestedAt: requestedAt}
}

func statesOf(discovery *v1alpha1.VectaraJobDiscovery) []string {
	var states []string
	for _, state := range discovery.Spec.States {
		states = append(states, string(state))
	}
	return states
}
