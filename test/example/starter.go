// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// imageAnnotation on a VectaraJob names the image to run once the job has completed.
const imageAnnotation = "example.com/run-when-completed"

// Starter starts a batch Job, once for each job ID, when the job of a VectaraJob has completed. It makes no VectaraJobs: a
// GitOps tool, a VectaraJobDiscovery or a person does.
type Starter struct{ client.Client }

func setUpStarter(mgr ctrl.Manager) error {
	s := &Starter{Client: mgr.GetClient()}
	return ctrl.NewControllerManagedBy(mgr).
		Named("starter").
		For(&v1alpha1.VectaraJob{}, builder.WithPredicates(outcomeChanged)).
		Complete(reconcile.AsReconciler(mgr.GetClient(), s))
}

// Reconcile acts on a VectaraJob that has completed. It is called again for each of them after a restart, and for one that
// was deleted and created again.
func (s *Starter) Reconcile(ctx context.Context, job *v1alpha1.VectaraJob) (ctrl.Result, error) {
	image := job.Annotations[imageAnnotation]
	if image == "" || job.Outcome() != v1alpha1.OutcomeCompleted {
		return ctrl.Result{}, nil // The next change of the outcome leads here again.
	}
	err := s.Create(ctx, &batchv1.Job{
		// No owner and no TTL: it is the record that this job ID was acted on, and outlives the VectaraJob.
		ObjectMeta: metav1.ObjectMeta{Namespace: job.Namespace, Name: nameOfAction(job.Spec.JobID)},
		Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			Containers:    []corev1.Container{{Name: "act", Image: image}},
		}}},
	})
	return ctrl.Result{}, client.IgnoreAlreadyExists(err)
}

// nameOfAction follows from the job ID alone, so that every VectaraJob of the same job, now or later, gives the same name.
func nameOfAction(jobID string) string {
	return fmt.Sprintf("completed-%x", sha256.Sum256([]byte(jobID)))[:40]
}
