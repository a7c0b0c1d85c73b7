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

// announceSuspension says in the log that somebody suspended a VectaraJob or resumed it: afterwards nothing else tells
// why a job was left alone for a while. It lets everything pass, and is to come after the predicate that does not.
func announceSuspension(log logr.Logger) predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*v1alpha1.VectaraJob)
		after, okToo := e.ObjectNew.(*v1alpha1.VectaraJob)
		if !ok || !okToo || before.IsSuspended() == after.IsSuspended() {
			return true
		}
		log := log.WithValues("VectaraJob", klog.KObj(after), "namespace", after.Namespace, "name", after.Name, "jobID", after.Spec.JobID)
		if after.IsSuspended() {
			log.Info("Suspended: the job is not looked at, and status stays as it is", "state", after.Status.State)
		} else {
			log.Info("Resumed: the job is looked at again", "state", after.Status.State)
		}
		return true
	}}
}

// announceCredentials says in the log that credentials came, changed or went. It says nothing of those that are there when
// the manager starts. It lets everything pass, and is to come after the predicate that does not.
func announceCredentials(log logr.Logger) predicate.Predicate {
	tell := func(secret client.Object, message string) bool {
		log.Info(message, "Secret", klog.KObj(secret), "namespace", secret.GetNamespace(), "name", secret.GetName())
		return true
	}
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool {
			return e.IsInInitialList || tell(e.Object, "Credentials are there: the jobs that wait for them are looked at")
		},
		UpdateFunc: func(e event.UpdateEvent) bool {
			return tell(e.ObjectNew, "Credentials changed: the jobs that use them are looked at with the new ones")
		},
		DeleteFunc: func(e event.DeleteEvent) bool {
			return tell(e.Object, "Credentials are gone: the jobs that use them cannot be looked at")
		},
	}
}
