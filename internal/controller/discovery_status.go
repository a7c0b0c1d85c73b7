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
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// sweepTimeAge is how old lastSweepTime gets when nothing else changes.
const sweepTimeAge = time.Hour

// discoveryFinding is what is known of the jobs that a discovery is about, and what was done about it. Without trouble, there
// is a listing.
type discoveryFinding struct {
	request jobs.Request
	listing *jobs.Listing
	trouble *trouble

	// plan was made of the listing, as far as the rest of this says that it was carried out.
	plan   discoveryPlan
	memory handled
	// created are the jobs that have got their VectaraJob, those included whose one is only now remembered.
	created []jobs.Found
	// refused is why a VectaraJob could not be created; empty if none was refused.
	refused string
	// unwatched says that VectaraJobs with the template's labels would not be watched, so that none was created.
	unwatched bool
}

// complete reports whether the listing has all jobs that match.
func (f discoveryFinding) complete() bool {
	return f.listing != nil && f.listing.Fault == nil && !f.listing.Truncated
}

// nextDiscoveryStatus is the status of a discovery after a finding.
func nextDiscoveryStatus(discovery *v1alpha1.VectaraJobDiscovery, found discoveryFinding, now time.Time) v1alpha1.VectaraJobDiscoveryStatus {
	next := discovery.DeepCopy()
	next.Status.ObservedGeneration = found.request.Generation
	if found.request.RequestedAt != "" {
		next.Status.LastHandledReconcileAt = found.request.RequestedAt
	}
	next.Status.CreatedJobs += int64(len(found.created))
	if found.memory != nil {
		next.Status.HandledJobs = found.memory.write(grainOf(windowOf(discovery).LookBack))
	}
	if found.complete() {
		observed := int32(len(found.listing.Jobs)) //nolint:gosec // The source reads a bounded number of pages.
		next.Status.ObservedJobs = &observed
	}
	putConditions(&next.Status.Conditions, next.Status.ObservedGeneration, now, discoveryConditions(discovery, found))

	last := discovery.Status.LastSweepTime
	if found.complete() && (last == nil || found.listing.Answered.Sub(last.Time) >= sweepTimeAge ||
		!equality.Semantic.DeepEqual(discovery.Status, next.Status)) {
		next.Status.LastSweepTime = timestamp(found.listing.Answered)
	}
	return next.Status
}

// discoveryConditions are Ready, and Reconciling or Stalled.
func discoveryConditions(discovery *v1alpha1.VectaraJobDiscovery, found discoveryFinding) []metav1.Condition {
	if found.trouble != nil {
		return discoveryTroubled(discovery, found)
	}
	stalled := func(reason, message string) []metav1.Condition {
		return []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message),
			condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message),
		}
	}
	spec := discovery.Spec
	switch {
	case found.unwatched:
		return stalled(v1alpha1.ReasonNotWatched, "The operator's --watch-label-selector does not select the labels in spec.template, "+
			"so that it would not watch what it creates. Nothing is created until the labels match.")
	case found.refused != "":
		message := "A VectaraJob could not be created: " + clip(oneLine(found.refused), maxWords)
		if ready := meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReady); ready != nil &&
			ready.Reason == v1alpha1.ReasonCreationFailed && sameEssence(ready.Message, message) {
			message = ready.Message
		}
		return []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCreationFailed, message),
			condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonCreationFailed, message),
		}
	case found.plan.later > 0:
		const message = "There are more jobs without a VectaraJob than are created at once. The others follow."
		return []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCreatingJobs, message),
			condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonCreatingJobs, message),
		}
	case found.listing.Truncated:
		return stalled(v1alpha1.ReasonTooManyJobs, "The list of jobs is longer than the operator reads. Make the window shorter, or list fewer states.")
	case found.plan.forgone > 0:
		return stalled(v1alpha1.ReasonTooManyJobs, fmt.Sprintf("%s without a VectaraJob: the operator remembers at most %d jobs of a window. "+
			"Make the window shorter.", remain(found.plan.forgone), maxHandled))
	case found.plan.excess > 0:
		return stalled(v1alpha1.ReasonMaxJobsReached, fmt.Sprintf("%s without a VectaraJob: spec.maxJobs is %d, and there are that many. "+
			"Delete some, set ttlSecondsAfterFinished in spec.template, or raise spec.maxJobs.", remain(found.plan.excess), spec.MaxJobs))
	default:
		return []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonJobsDiscovered,
			"Every job that matches has had its VectaraJob.")}
	}
}

func remain(jobs int) string {
	if jobs == 1 {
		return "1 job that matches remains"
	}
	return fmt.Sprintf("%d jobs that match remain", jobs)
}

// ownDiscoveryReasons are the reasons of Ready that tell what came of a list.
var ownDiscoveryReasons = []string{
	v1alpha1.ReasonJobsDiscovered, v1alpha1.ReasonMaxJobsReached, v1alpha1.ReasonTooManyJobs,
	v1alpha1.ReasonNotWatched, v1alpha1.ReasonCreationFailed, v1alpha1.ReasonCreatingJobs,
}

// discoveryTroubled is the conditions of a discovery whose jobs could not be listed.
func discoveryTroubled(discovery *v1alpha1.VectaraJobDiscovery, found discoveryFinding) []metav1.Condition {
	t := *found.trouble
	ready := meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReady)
	before := ready
	if !t.blocking {
		before = meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReconciling)
	}
	if found.request.Generation != discovery.Status.ObservedGeneration ||
		found.request.RequestedAt != "" && found.request.RequestedAt != discovery.Status.LastHandledReconcileAt {
		before = nil // Who changed something or asked again wants to know what came of it.
	}
	message := t.message(before)
	if t.blocking {
		return []metav1.Condition{
			condition(v1alpha1.ConditionReady, metav1.ConditionFalse, t.reason, message),
			condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, t.reason, message),
		}
	}
	conditions := []metav1.Condition{condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, t.reason, message)}
	if ready != nil && slices.Contains(ownDiscoveryReasons, ready.Reason) {
		return append(conditions, condition(v1alpha1.ConditionReady, ready.Status, ready.Reason, ready.Message))
	}
	return append(conditions, condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, t.reason, message))
}
