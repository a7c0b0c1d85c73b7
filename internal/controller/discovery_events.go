// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// namedJobs is how many jobs the event about new VectaraJobs names.
const namedJobs = 5

// recordEvents records in the log and in events what a write changed.
func (r *DiscoveryReconciler) recordEvents(ctx context.Context, before, after *v1alpha1.VectaraJobDiscovery, result discoveryResult) {
	log := ctrl.LoggerFrom(ctx)
	if len(result.created) > 0 {
		log.Info("Created VectaraJobs for jobs that were discovered", "created", len(result.created), "matching", len(result.listing.Jobs))
		emit(r.Recorder, after, corev1.EventTypeNormal, "Discover", "Created", createdNote(after.Name, result.created))
	}
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady); changed(was, ready) {
		log.Info("The discovery changed", "ready", ready.Status, "reason", ready.Reason, "message", ready.Message)
		kind := corev1.EventTypeNormal
		if ready.Status != metav1.ConditionTrue && ready.Reason != v1alpha1.ReasonCreatingJobs || startsLater(after, r.Now()) {
			kind = corev1.EventTypeWarning
		}
		emit(r.Recorder, after, kind, "Discover", ready.Reason, ready.Message)
	}
	r.recordUnseen(log, before, after, result)
	reconciling := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReconciling)
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReconciling)
	switch {
	case reconciling != nil && reconciling.Reason != ready.Reason && changed(was, reconciling):
		log.Info("Cannot list jobs", "reason", reconciling.Reason, "message", reconciling.Message)
		emit(r.Recorder, after, corev1.EventTypeWarning, "Discover", reconciling.Reason, reconciling.Message)
	case reconciling == nil && was != nil && !slices.Contains(ownDiscoveryReasons, was.Reason):
		log.Info("Can list jobs again", "reasonBefore", was.Reason)
	}
}

// recordUnseen records that no job works on a corpus, when the message begins to say so.
func (r *DiscoveryReconciler) recordUnseen(log logr.Logger, before, after *v1alpha1.VectaraJobDiscovery, result discoveryResult) {
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	if len(result.unseen) == 0 || ready.Status != metav1.ConditionTrue || was != nil && was.Message == ready.Message {
		return
	}
	log.Info("No job works on some corpora of the discovery", "corpusKeys", result.unseen)
	r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, "CorpusNotSeen", "Discover", "%s", clipBytes(ready.Message, maxNote))
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
	return fmt.Sprintf("Created %s: %s", what, strings.Join(names, ", "))
}
