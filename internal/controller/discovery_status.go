// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// lastSweepTimeRefresh is after how long lastSweepTime is written although nothing else changed.
const lastSweepTimeRefresh = time.Hour

// nextDiscoveryStatus is the status of a discovery after a result.
func nextDiscoveryStatus(discovery *v1alpha1.VectaraJobDiscovery, result discoveryResult, now time.Time) v1alpha1.VectaraJobDiscoveryStatus {
	next := discovery.DeepCopy()
	next.Status.ObservedGeneration = result.request.Generation
	if result.request.RequestedAt != "" {
		next.Status.LastHandledReconcileAt = result.request.RequestedAt
	}
	if result.memory != nil {
		next.Status.CreatedJobs += int64(len(result.created))
		// An unchanged memory is left as it is: it may be large.
		if !result.memory.equal(readProcessed(discovery.Status.HandledJobs)) {
			next.Status.HandledJobs = result.memory.write(grainOf(windowOf(discovery).LookBack))
		}
	}
	if result.listing != nil {
		next.Status.MirroredJobs = count(result.mirrored)
	}
	if result.complete() {
		next.Status.ObservedJobs = count(len(result.listing.Jobs))
		next.Status.WaitingJobs = count(result.waiting)
	}
	putConditions(&next.Status.Conditions, next.Status.ObservedGeneration, now, discoveryConditions(discovery, result, now))

	last := discovery.Status.LastSweepTime
	if result.complete() && (last == nil || result.listing.Asked.Sub(last.Time) >= lastSweepTimeRefresh ||
		!equality.Semantic.DeepEqual(discovery.Status, next.Status)) {
		next.Status.LastSweepTime = timestamp(result.listing.Asked)
	}
	return next.Status
}

// count is a number of jobs as status holds it.
func count(n int) *int32 {
	counted := int32(n) //nolint:gosec // The source reads a bounded number of pages.
	return &counted
}

// discoveryConditions are Ready, and Reconciling or Stalled.
func discoveryConditions(discovery *v1alpha1.VectaraJobDiscovery, result discoveryResult, now time.Time) []metav1.Condition {
	if result.fault != nil {
		return discoveryFaultConditions(discovery, result)
	}
	switch {
	case result.unwatched:
		return stalled(v1alpha1.ReasonNotWatched, "The operator's --watch-label-selector does not select the labels in spec.template, "+
			"so it would not watch what it creates. Nothing is created until the labels match.")
	case result.refused != "":
		message := "A VectaraJob could not be created: " + quoted(result.refused)
		if ready := meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReady); ready != nil &&
			ready.Reason == v1alpha1.ReasonCreationFailed && sameEssence(ready.Message, message) {
			message = ready.Message
		}
		return reconciling(v1alpha1.ReasonCreationFailed, message)
	case result.plan.later > 0:
		return reconciling(v1alpha1.ReasonCreatingJobs, "There are more jobs without a VectaraJob than are created at once. The others follow.")
	case result.listing.Truncated:
		return stalled(v1alpha1.ReasonTooManyJobs, "The list of jobs is longer than the operator reads. Make the window shorter, or list fewer states.")
	case result.plan.forgone > 0:
		return stalled(v1alpha1.ReasonTooManyJobs, fmt.Sprintf("%s for a VectaraJob: the operator remembers at most %d jobs of a window. "+
			"Make the window shorter.", waiting(result.plan.forgone), maxProcessed))
	case result.plan.excess > 0:
		return stalled(v1alpha1.ReasonMaxJobsReached, fmt.Sprintf("%s for a VectaraJob: there are as many as spec.maxJobs allows (%d). "+
			"Delete some that you no longer need, lower spec.template.spec.ttlSecondsAfterFinished so that finished ones are deleted sooner, "+
			"narrow what matches, or raise spec.maxJobs.", waiting(result.plan.excess), discovery.Spec.MaxJobs))
	default:
		return []metav1.Condition{discoveredAll(discovery, result, now)}
	}
}

func waiting(jobs int) string {
	if jobs == 1 {
		return "1 matching job waits"
	}
	return fmt.Sprintf("%d matching jobs wait", jobs)
}

// ownDiscoveryReasons are the reasons of Ready after a list.
var ownDiscoveryReasons = []string{
	v1alpha1.ReasonJobsDiscovered, v1alpha1.ReasonMaxJobsReached, v1alpha1.ReasonTooManyJobs,
	v1alpha1.ReasonNotWatched, v1alpha1.ReasonCreationFailed, v1alpha1.ReasonCreatingJobs, v1alpha1.ReasonNoJobMatches,
}

// discoveryFaultConditions is the conditions of a discovery whose jobs could not be listed.
func discoveryFaultConditions(discovery *v1alpha1.VectaraJobDiscovery, result discoveryResult) []metav1.Condition {
	fault := result.fault
	ready := meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReady)
	before := ready
	if !fault.blocking {
		before = meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReconciling)
	}
	if result.request.Generation != discovery.Status.ObservedGeneration ||
		result.request.RequestedAt != "" && result.request.RequestedAt != discovery.Status.LastHandledReconcileAt {
		before = nil // Whoever changed something or requested a list needs the present message.
	}
	message := fault.message(before)
	if fault.blocking {
		return stalled(fault.reason, message)
	}
	conditions := reconciling(fault.reason, message)
	conditions[0].Status = metav1.ConditionUnknown
	if ready != nil && slices.Contains(ownDiscoveryReasons, ready.Reason) {
		conditions[0] = condition(v1alpha1.ConditionReady, ready.Status, ready.Reason, ready.Message)
	}
	return conditions
}
