// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// namedJobs is how many jobs the event about new VectaraJobs names.
const namedJobs = 5

// announce says in the log and in events what a write changed.
func (r *DiscoveryReconciler) announce(ctx context.Context, before, after *v1alpha1.VectaraJobDiscovery, found discoveryFinding) {
	log := ctrl.LoggerFrom(ctx)
	if len(found.created) > 0 {
		log.Info("Created VectaraJobs for jobs that were discovered", "created", len(found.created), "matching", len(found.listing.Jobs))
		r.Recorder.Eventf(after, nil, corev1.EventTypeNormal, "Created", "Discover", "%s", createdNote(after.Name, found.created))
	}
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady); changed(was, ready) {
		log.Info("The discovery changed", "ready", ready.Status, "reason", ready.Reason, "message", ready.Message)
		kind := corev1.EventTypeNormal
		if ready.Status != metav1.ConditionTrue && ready.Reason != v1alpha1.ReasonCreatingJobs {
			kind = corev1.EventTypeWarning
		}
		r.Recorder.Eventf(after, nil, kind, ready.Reason, "Discover", "%s", clipBytes(ready.Message, maxNote))
	}
	reconciling := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReconciling)
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReconciling)
	switch {
	case reconciling != nil && reconciling.Reason != ready.Reason && changed(was, reconciling):
		log.Info("Cannot list jobs", "reason", reconciling.Reason, "message", reconciling.Message)
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, reconciling.Reason, "Discover", "%s", clipBytes(reconciling.Message, maxNote))
	case reconciling == nil && was != nil && !slices.Contains(ownDiscoveryReasons, was.Reason):
		log.Info("Can list jobs again", "reasonBefore", was.Reason)
	}
}

// createdNote names some of the VectaraJobs that a discovery created.
func createdNote(discovery string, created []jobs.Found) string {
	var names []string
	for _, job := range created {
		if len(names) == namedJobs {
			names = append(names, "…")
			break
		}
		names = append(names, discoveredName(discovery, job.ID))
	}
	what := fmt.Sprintf("%d VectaraJobs", len(created))
	if len(created) == 1 {
		what = "a VectaraJob"
	}
	return clipBytes(fmt.Sprintf("Created %s: %s", what, strings.Join(names, ", ")), maxNote)
}

var _ ListSource = &jobs.Source{}
