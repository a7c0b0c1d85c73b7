// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// FieldOwner is the name under which the operator writes.
const FieldOwner = "vectara-job-operator"

const (
	// conflictPause is the wait after a conflict: time for the cache to receive the change.
	conflictPause = 500 * time.Millisecond
	// notFoundPause is the wait after a write to what the API server does not find. Mostly it is gone, and the cache learns of that.
	// But an API server that starts, or a CRD that is missing, serves nothing for a while, and the cache keeps what it has.
	notFoundPause = 30 * time.Second
)

// Source is where observations come from. *jobs.Source is one.
type Source interface {
	Watch(jobs.Subscription) (jobs.Observation, bool)
	Unwatch(jobs.Key)
}

var _ Source = &jobs.Source{}

// Reconciler mirrors the jobs that VectaraJobs name.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Recorder records events.
	Recorder events.EventRecorder
	// Source polls the jobs.
	Source Source
	// Bounds are the bounds of the adaptive interval.
	Bounds PollBounds
	// RequestTimeout bounds a request when spec.requestTimeout is absent.
	RequestTimeout time.Duration
	// Now is the clock.
	Now func() time.Time
	// Metrics records how jobs end; nil records nothing.
	Metrics MetricsRecorder
	// Writes keeps which objects could not be written; nil keeps nothing.
	Writes *WriteMonitor
}

// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobs,verbs=list;watch;delete
// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobs/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Reconcile gathers what is known of an object and its job, decides, and applies the decision.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var object v1alpha1.VectaraJob
	defer r.Writes.notePanic(v1alpha1.VectaraJobKind, &object)
	if err := r.Client.Get(ctx, req.NamespacedName, &object); apierrors.IsNotFound(err) {
		r.Source.Unwatch(jobs.Key(req.NamespacedName))
		r.Writes.reconciled(ctx, v1alpha1.VectaraJobKind, req.NamespacedName, nil, nil)
		return ctrl.Result{}, nil
	} else if err != nil {
		return resultOf(ctx, err, 0)
	}
	var d decision
	s, err := r.gather(ctx, &object)
	if err == nil {
		d = decide(s)
		err = r.apply(ctx, s, d)
	}
	r.Writes.reconciled(ctx, v1alpha1.VectaraJobKind, req.NamespacedName, &object, err)
	return resultOf(ctx, err, d.requeueAfter)
}

// resultOf is the result of a reconcile. An error is returned only if a retry after a back-off helps.
func resultOf(ctx context.Context, err error, requeueAfter time.Duration) (ctrl.Result, error) {
	switch {
	case ctx.Err() != nil:
		return ctrl.Result{}, nil //nolint:nilerr // The process ends. The next one does the rest.
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: conflictPause}, nil
	case apierrors.IsNotFound(err):
		return ctrl.Result{RequeueAfter: notFoundPause}, nil
	case err != nil:
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: requeueAfter}, nil
}

// patchStatus writes the status of an object. With the resource version that it is based on, the write fails if somebody else,
// such as another replica, wrote in the meantime.
func patchStatus(ctx context.Context, c client.Client, before, after client.Object) error {
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := c.Status().Patch(ctx, after, patch, client.FieldOwner(FieldOwner)); err != nil {
		return fmt.Errorf("writing status: %w", err)
	}
	return nil
}

// gather reads an object's Secret and what the source knows of its job.
func (r *Reconciler) gather(ctx context.Context, object *v1alpha1.VectaraJob) (scope, error) {
	s := scope{object: object, now: r.Now(), bounds: r.Bounds, requestTimeout: r.RequestTimeout}
	if s.isPolled() {
		var err error
		if s.credentials, s.noCredentials, err = credentials(ctx, r.Client, object.Namespace, object.Spec.SecretRef.Name); err != nil {
			return s, err
		}
	}
	s.observation = r.watch(object, s.subscription())
	return s, nil
}

// watch has the source poll a job, or no longer poll it if there is no subscription.
func (r *Reconciler) watch(object *v1alpha1.VectaraJob, subscription *jobs.Subscription) *jobs.Observation {
	if subscription == nil {
		r.Source.Unwatch(jobs.Key(client.ObjectKeyFromObject(object)))
		return nil
	}
	if observation, ok := r.Source.Watch(*subscription); ok {
		return &observation
	}
	return nil
}

// apply carries out a decision.
func (r *Reconciler) apply(ctx context.Context, s scope, d decision) error {
	object := s.object.DeepCopy()
	object.Status = d.status
	if !equality.Semantic.DeepEqual(s.object.Status, d.status) {
		if err := patchStatus(ctx, r.Client, s.object, object); err != nil {
			return err
		}
		r.recordEvents(ctx, s, d, object)
		r.recordMetrics(s, object)
		// The source polls a changed job no more until it is read again, and the schedule may have changed with status.
		r.watch(object, d.subscription)
	}
	if !d.delete {
		return nil
	}
	// An object that has been changed in the meantime, or has taken the name, is not deleted.
	preconditions := client.Preconditions{UID: &object.UID, ResourceVersion: &object.ResourceVersion}
	if err := r.Client.Delete(ctx, object, preconditions); err != nil {
		return fmt.Errorf("deleting after ttlSecondsAfterFinished: %w", err)
	}
	logDeletion(ctx, object)
	return nil
}
