// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// logSuspension logs that a VectaraJob was suspended or resumed: afterwards nothing else shows why its job was not polled for a
// while. It lets everything pass, and must come after the predicate that does not.
func logSuspension(log logr.Logger) predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*v1alpha1.VectaraJob)
		after, okToo := e.ObjectNew.(*v1alpha1.VectaraJob)
		if !ok || !okToo || before.IsSuspended() == after.IsSuspended() {
			return true
		}
		log := log.WithValues("VectaraJob", klog.KObj(after), "namespace", after.Namespace, "name", after.Name, "jobID", after.Spec.JobID)
		if after.IsSuspended() {
			log.Info("Suspended: the job is not polled, and status stays as it is", "state", after.Status.State)
		} else {
			log.Info("Resumed: the job is polled again", "state", after.Status.State)
		}
		return true
	}}
}

// logCredentials logs that credentials were created, changed or deleted, but not those that exist when the manager starts. It
// lets everything pass, and must come after the predicate that does not.
func logCredentials(log logr.Logger) predicate.Predicate {
	record := func(secret client.Object, message string) bool {
		log.Info(message, "Secret", klog.KObj(secret), "namespace", secret.GetNamespace(), "name", secret.GetName())
		return true
	}
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool {
			return e.IsInInitialList || record(e.Object, "Credentials created: the jobs that wait for them are polled")
		},
		UpdateFunc: func(e event.UpdateEvent) bool {
			return record(e.ObjectNew, "Credentials changed: the jobs that use them are polled with the new ones")
		},
		DeleteFunc: func(e event.DeleteEvent) bool {
			return record(e.Object, "Credentials deleted: the jobs that use them cannot be polled")
		},
	}
}
