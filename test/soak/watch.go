// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// watch follows all objects, and what the operator records about them, from a connection of its own.
func (w *world) watch(ctx context.Context) error {
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.unwatch = stop
	watched, err := cache.New(w.cluster.Config, cache.Options{
		Scheme:           w.scheme,
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject:         map[client.Object]cache.ByObject{&corev1.Event{}: {Transform: w.readEvent}},
	})
	if err != nil {
		return err
	}
	go func() { _ = watched.Start(life) }() // It ends with its context and for no other reason.
	for object, handler := range map[client.Object]toolscache.ResourceEventHandlerFuncs{
		&v1alpha1.VectaraJob{}: {
			AddFunc:    w.noteJob,
			UpdateFunc: func(_, now any) { w.noteJob(now) },
			DeleteFunc: w.noteDeleted,
		},
		&v1alpha1.VectaraJobDiscovery{}: {
			AddFunc:    w.noteDiscovery,
			UpdateFunc: func(_, now any) { w.noteDiscovery(now) },
		},
		&corev1.Event{}: {},
	} {
		informer, err := watched.GetInformer(ctx, object)
		if err != nil {
			return err
		}
		registered, err := informer.AddEventHandler(handler)
		if err != nil {
			return err
		}
		if !toolscache.WaitForCacheSync(ctx.Done(), registered.HasSynced) {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (w *world) noteJob(object any) {
	job, ok := object.(*v1alpha1.VectaraJob)
	if !ok {
		return
	}
	now := time.Now()
	w.report.violate(now, w.record.see(job.Spec.JobID, viewOf(job), now)...)
	w.report.violate(now, w.secrets.check("the status of "+job.Namespace+"/"+job.Name, job.Status)...)
}

func viewOf(job *v1alpha1.VectaraJob) view {
	v := view{uid: job.UID, name: job.Name, status: job.Status, seen: job.IsSeen(), synced: metav1.ConditionUnknown}
	if synced := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionSynced); synced != nil {
		v.synced, v.reason = synced.Status, synced.Reason
	}
	return v
}

func (w *world) noteDeleted(object any) {
	if unknown, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	if job, ok := object.(*v1alpha1.VectaraJob); ok {
		w.record.vanish(job.Spec.JobID, job.UID, time.Now())
	}
}

func (w *world) noteDiscovery(object any) {
	if discovery, ok := object.(*v1alpha1.VectaraJobDiscovery); ok {
		w.report.violate(time.Now(), w.secrets.check("the status of a discovery", discovery.Status)...)
	}
}

// readEvent looks for secrets in an event, of which nothing need be kept then.
func (w *world) readEvent(object any) (any, error) {
	event, ok := object.(*corev1.Event)
	if !ok {
		return object, nil
	}
	w.report.violate(time.Now(), w.secrets.check("the event "+event.Namespace+"/"+event.Name, event)...)
	w.report.countEvent()
	return &corev1.Event{ObjectMeta: metav1.ObjectMeta{
		Namespace: event.Namespace, Name: event.Name, UID: event.UID, ResourceVersion: event.ResourceVersion,
	}}, nil
}
