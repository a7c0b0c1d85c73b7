// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// FieldOwner is the name under which the operator writes.
const FieldOwner = "vectara-job-operator"

// conflictPause is the wait after a write that was refused because the object had changed: time for the cache to
// learn of the change.
const conflictPause = 500 * time.Millisecond

// Source is where observations come from. *jobs.Source is one.
type Source interface {
	Observe(jobs.Watch) (jobs.Observation, bool)
	Forget(jobs.Key)
}

// Reconciler mirrors the jobs that VectaraJobs name.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Recorder takes the events.
	Recorder events.EventRecorder
	// Source observes the jobs.
	Source Source
	// Bounds are the bounds of the adaptive interval.
	Bounds PollBounds
	// RequestTimeout is the budget of a call when spec.requestTimeout is absent.
	RequestTimeout time.Duration
	// Now tells the time.
	Now func() time.Time
	// Meter is told what becomes of jobs; nil means that nobody is.
	Meter Meter
}

// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobs,verbs=list;watch;delete
// +kubebuilder:rbac:groups=jobs.vectara.io,resources=vectarajobs/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile brings one object up to what is known of its job, and returns when it has to be looked at again for no
// other reason than that time passed.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var object v1alpha1.VectaraJob
	if err := r.Client.Get(ctx, req.NamespacedName, &object); err != nil {
		if apierrors.IsNotFound(err) {
			r.Source.Forget(jobs.Key(req.NamespacedName))
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if object.IsSuspended() || !object.DeletionTimestamp.IsZero() {
		r.Source.Forget(jobs.Key(req.NamespacedName))
		return ctrl.Result{}, nil
	}

	found, err := r.look(ctx, &object)
	if err == nil && found != nil {
		err = r.write(ctx, &object, *found)
	}
	var again time.Duration
	if err == nil {
		again, err = r.revisit(ctx, &object)
	}
	switch {
	case ctx.Err() != nil:
		return ctrl.Result{}, nil //nolint:nilerr // The process ends. The next one does the rest.
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: conflictPause}, nil
	case err != nil:
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	return ctrl.Result{RequeueAfter: again}, nil
}

// look finds out what is known of the object's job; nil means that there is nothing to be said yet.
func (r *Reconciler) look(ctx context.Context, object *v1alpha1.VectaraJob) (*finding, error) {
	key := jobs.Key{Namespace: object.Namespace, Name: object.Name}
	if settled(object) {
		r.Source.Forget(key)
		return &finding{request: jobs.Request{Generation: object.Generation}}, nil
	}
	creds, missing, err := credentials(ctx, r.Client, object)
	if err != nil {
		return nil, err
	}
	if missing != nil {
		r.Source.Forget(key)
		// A look that was asked for is still to be made, once there is something to ask with.
		request := jobs.Request{Generation: object.Generation, RequestedAt: object.Status.LastHandledReconcileAt}
		return &finding{request: request, trouble: missing}, nil
	}
	observation, ok := r.Source.Observe(r.watch(object, creds))
	if !ok || object.IsFinished() && observation.Request.RequestedAt != requestOf(object).RequestedAt {
		return nil, nil
	}
	found := finding{request: observation.Request, answered: observation.Answered, job: observation.Job, observation: &observation}
	if observation.Fault != nil {
		t := troubleOf(observation.Fault, creds.Secret.Name)
		found.trouble = &t
	}
	return &found, nil
}

// write brings status up to a finding, if it says anything else, and tells the world about it.
func (r *Reconciler) write(ctx context.Context, object *v1alpha1.VectaraJob, found finding) error {
	before := object.DeepCopy()
	object.Status = nextStatus(before, found, r.Now())
	if equality.Semantic.DeepEqual(before.Status, object.Status) {
		return nil
	}
	// The resource version that this was computed from goes along: the write is refused if somebody else, such as
	// another replica, wrote in the meantime.
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, object, patch, client.FieldOwner(FieldOwner)); err != nil {
		return fmt.Errorf("writing status: %w", err)
	}
	r.announce(ctx, before, object, found)
	r.measure(before, object, found)

	// What was written may have changed when the job is to be looked at next.
	_, err := r.look(ctx, object)
	return err
}

// revisit deletes an object whose time after the end of its job is over. Otherwise it returns how long it is until time
// alone changes something about the object, and 0 if it never does.
func (r *Reconciler) revisit(ctx context.Context, object *v1alpha1.VectaraJob) (time.Duration, error) {
	now := r.Now()
	if synced := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionSynced); synced != nil &&
		synced.Reason == v1alpha1.ReasonJobNotFound && newSchedule(object, r.Bounds).mayYetAppear(now) {
		return object.CreationTimestamp.Add(notFoundGrace).Sub(now), nil
	}
	if !object.IsFinished() || object.Spec.TTLSecondsAfterFinished == nil || !object.IsSeen() {
		return 0, nil
	}
	ttl := time.Duration(*object.Spec.TTLSecondsAfterFinished) * time.Second
	if left := object.Status.LastTransitionTime.Add(ttl).Sub(now); left > 0 {
		return left, nil
	}
	// Only the very object that was looked at is deleted, not one that has been changed or has taken its name.
	preconditions := client.Preconditions{UID: &object.UID, ResourceVersion: &object.ResourceVersion}
	if err := r.Client.Delete(ctx, object, preconditions); err != nil {
		return 0, fmt.Errorf("deleting after ttlSecondsAfterFinished: %w", err)
	}
	announceDeletion(ctx, object, ttl)
	return 0, nil
}

func (r *Reconciler) watch(object *v1alpha1.VectaraJob, creds jobs.Credentials) jobs.Watch {
	timeout := r.RequestTimeout
	if object.Spec.RequestTimeout != nil {
		timeout = object.Spec.RequestTimeout.Duration
	}
	var created time.Time
	if object.Status.CreatedAt != nil {
		created = object.Status.CreatedAt.Time
	}
	return jobs.Watch{
		Key:         jobs.Key{Namespace: object.Namespace, Name: object.Name},
		UID:         string(object.UID),
		JobID:       object.Spec.JobID,
		Created:     created,
		Credentials: creds,
		Timeout:     timeout,
		Request:     requestOf(object),
		Urgent:      object.Status.ObservedGeneration != object.Generation || lookRequested(object),
		Schedule:    newSchedule(object, r.Bounds),
	}
}

// settled reports whether there is nothing more to ask about the object's job, ever.
func settled(object *v1alpha1.VectaraJob) bool {
	return object.IsFinished() && !lookRequested(object)
}

// lookRequested reports whether the annotation asks for a look that was not made yet.
func lookRequested(object *v1alpha1.VectaraJob) bool {
	return requestOf(object).RequestedAt != object.Status.LastHandledReconcileAt
}

// requestOf is what the object wants at present. Taking the annotation away is no wish.
func requestOf(object *v1alpha1.VectaraJob) jobs.Request {
	requestedAt := clip(object.Annotations[v1alpha1.RequestedAtAnnotation], maxRequest)
	if requestedAt == "" {
		requestedAt = object.Status.LastHandledReconcileAt
	}
	return jobs.Request{Generation: object.Generation, RequestedAt: requestedAt}
}
