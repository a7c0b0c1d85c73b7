// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	v1alpha1ac "github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

const (
	// jobIDAnnotation makes a ConfigMap a parent: it names the job to wait for.
	jobIDAnnotation = "example.com/vectara-job-id"
	// outcomeAnnotation is where a parent is told what became of its job: "<name of the VectaraJob>: <outcome>".
	outcomeAnnotation = "example.com/vectara-job-outcome"
	// fieldOwner is whose fields the API server takes those for that are applied here.
	fieldOwner = client.FieldOwner("follower")
)

// Follower starts a batch Job, exactly once, when the job that a ConfigMap names has completed.
type Follower struct {
	client.Client
	Recorder events.EventRecorder
}

func setUp(mgr ctrl.Manager) error {
	f := &Follower{Client: mgr.GetClient(), Recorder: mgr.GetEventRecorder("follower")}
	return ctrl.NewControllerManagedBy(mgr).
		Named("follower").
		For(&corev1.ConfigMap{}, builder.WithPredicates(namesAJob)).
		Owns(&v1alpha1.VectaraJob{}, builder.WithPredicates(outcomeChanged)).
		Complete(reconcile.AsReconciler(mgr.GetClient(), f))
}

var namesAJob = predicate.NewPredicateFuncs(func(object client.Object) bool {
	return object.GetAnnotations()[jobIDAnnotation] != ""
})

// outcomeChanged lets those updates of a VectaraJob through that matter here, and of a job's life these are few.
var outcomeChanged = predicate.Funcs{UpdateFunc: func(update event.UpdateEvent) bool {
	before, isJob := update.ObjectOld.(*v1alpha1.VectaraJob)
	after, isJobToo := update.ObjectNew.(*v1alpha1.VectaraJob)
	return isJob && isJobToo && before.Outcome() != after.Outcome()
}}

// Reconcile brings one parent a step further. What it reads comes from a cache and may be old.
func (f *Follower) Reconcile(ctx context.Context, parent *corev1.ConfigMap) (ctrl.Result, error) {
	if !namesAJob.Generic(event.GenericEvent{Object: parent}) || !parent.DeletionTimestamp.IsZero() || isDone(parent) {
		return ctrl.Result{}, nil
	}
	job, err := f.job(ctx, parent)
	if job == nil || err != nil {
		return ctrl.Result{}, err // Once the VectaraJob is in the cache, the watch leads here again.
	}
	if job.Outcome() == v1alpha1.OutcomeCompleted {
		if err := f.actOnce(ctx, parent); err != nil {
			return ctrl.Result{}, err
		}
	}
	return ctrl.Result{}, f.tell(ctx, parent, job) // Last, as it may say that nothing is left to be done.
}

// job returns the parent's VectaraJob. If there is none, it is applied, and nil returned.
func (f *Follower) job(ctx context.Context, parent *corev1.ConfigMap) (*v1alpha1.VectaraJob, error) {
	job := &v1alpha1.VectaraJob{}
	err := f.Get(ctx, client.ObjectKey{Namespace: parent.Namespace, Name: nameFor(parent)}, job)
	switch {
	case apierrors.IsNotFound(err):
		return nil, f.Apply(ctx, wanted(parent), fieldOwner)
	case err != nil:
		return nil, err
	case !metav1.IsControlledBy(job, parent):
		return nil, fmt.Errorf("the VectaraJob %s belongs to somebody else", job.Name)
	default:
		return job, nil
	}
}

// wanted says of a VectaraJob what matters here. Applied by two replicas, or again because a cache was late, it is the
// same VectaraJob. Its other fields are left to defaults, and to people.
func wanted(parent *corev1.ConfigMap) *v1alpha1ac.VectaraJobApplyConfiguration {
	return v1alpha1ac.VectaraJob(nameFor(parent), parent.Namespace).
		WithOwnerReferences(metav1ac.OwnerReference().
			WithAPIVersion("v1").WithKind("ConfigMap").WithName(parent.Name).WithUID(parent.UID).WithController(true)).
		WithSpec(v1alpha1ac.VectaraJobSpec().WithJobID(parent.Annotations[jobIDAnnotation]))
}

// actOnce starts the batch Job. It may be called any number of times, by any number of replicas, with any old parent:
//
//   - The API server creates one object of a name and refuses all others. The name follows from the parent's UID and from
//     the job's ID, so that everybody who means the same action gives it the same name.
//   - It is not read before whether the batch Job is there. The cache could be wrong; the API server is not.
//   - Until it is there, the parent is not told, and Reconcile comes again: after an error, and for each parent after a
//     restart.
//   - It is there for as long as the parent: it belongs to the parent, not to the VectaraJob, and has no TTL. So a
//     VectaraJob that is deleted and made anew repeats nothing. Nor does a person who deletes the batch Job, unless that
//     is in the moment before the parent is told.
//
// An action outside of the cluster cannot be had exactly once in this way. Let the Pod of the batch Job take it, and give
// the other side the name as its idempotency key.
func (f *Follower) actOnce(ctx context.Context, parent *corev1.ConfigMap) error {
	err := f.Create(ctx, &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: parent.Namespace,
			Name:      nameFor(parent),
			OwnerReferences: []metav1.OwnerReference{
				{APIVersion: "v1", Kind: "ConfigMap", Name: parent.Name, UID: parent.UID, Controller: new(true)},
			},
		},
		Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			Containers:    []corev1.Container{{Name: "act", Image: parent.Data["image"]}},
		}}},
	})
	return client.IgnoreAlreadyExists(err)
}

// tell writes the outcome into the parent, and an event if a person should know.
func (f *Follower) tell(ctx context.Context, parent *corev1.ConfigMap, job *v1alpha1.VectaraJob) error {
	outcome := job.Outcome()
	text := told(parent, outcome)
	if parent.Annotations[outcomeAnnotation] == text {
		return nil
	}
	before := parent.DeepCopy()
	metav1.SetMetaDataAnnotation(&parent.ObjectMeta, outcomeAnnotation, text)
	if err := f.Patch(ctx, parent, client.MergeFrom(before), fieldOwner); err != nil {
		return client.IgnoreNotFound(err)
	}
	switch outcome {
	case v1alpha1.OutcomeFailed, v1alpha1.OutcomeAborted, v1alpha1.OutcomeBlocked:
		if ready := meta.FindStatusCondition(job.GetConditions(), v1alpha1.ConditionReady); ready != nil {
			f.Recorder.Eventf(parent, job, corev1.EventTypeWarning, ready.Reason, "Wait", "%s", ready.Message)
		}
	default: // Open, Completed, and what a later version may add.
	}
	return nil
}

// isDone reports whether the parent was told of the end. It saves calls; that nothing happens twice does not rest on it.
func isDone(parent *corev1.ConfigMap) bool {
	for _, outcome := range []v1alpha1.Outcome{v1alpha1.OutcomeCompleted, v1alpha1.OutcomeFailed, v1alpha1.OutcomeAborted} {
		if parent.Annotations[outcomeAnnotation] == told(parent, outcome) {
			return true
		}
	}
	return false
}

// told begins with a name that is the parent's alone, so that an annotation which was copied from another parent, or is
// about another job, does not count.
func told(parent *corev1.ConfigMap, outcome v1alpha1.Outcome) string {
	return fmt.Sprintf("%s: %s", nameFor(parent), outcome)
}

// nameFor is the name of all that is made for a parent and the job that it names. Another job ID gives another name, as
// does another parent of the same name: job IDs are too long for a name, and names come again.
func nameFor(parent *corev1.ConfigMap) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "%s/%s", parent.UID, parent.Annotations[jobIDAnnotation]))
	return fmt.Sprintf("follow-%x", hash[:8])
}
