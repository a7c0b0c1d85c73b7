// SPDX-License-Identifier: Apache-2.0

package words

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// standing is how a VectaraJobDiscovery stands. They are in the order of a table: those that need somebody come first.
type standing int

const (
	standsBlocked standing = iota
	standsSuspended
	standsUnlisted
	standsInProgress
	standsReady
)

func (s standing) String() string {
	return [...]string{"blocked", "suspended", "not listed yet", "in progress", "ready"}[s]
}

// standingOf says how a VectaraJobDiscovery stands. What the conditions say of an earlier spec does not block the present one.
func standingOf(discovery *v1alpha1.VectaraJobDiscovery) standing {
	ready := meta.FindStatusCondition(discovery.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case discovery.IsSuspended():
		return standsSuspended
	case isObserved(discovery) && stalledIn(discovery) != nil:
		return standsBlocked
	case ready == nil || ready.Status == metav1.ConditionUnknown:
		return standsUnlisted
	case ready.Status == metav1.ConditionTrue && isObserved(discovery):
		return standsReady
	default:
		return standsInProgress
	}
}

// isObserved reports whether status was made for the present spec.
func isObserved(discovery *v1alpha1.VectaraJobDiscovery) bool {
	return discovery.Status.ObservedGeneration == discovery.Generation
}

// stalledIn is why a person is needed, fit to be printed, or nil.
func stalledIn(discovery *v1alpha1.VectaraJobDiscovery) *metav1.Condition {
	return trueCondition(discovery, v1alpha1.ConditionStalled)
}

// listFault is why the jobs cannot be listed at present, fit to be printed, or nil if they can or if a person is needed.
func listFault(discovery *v1alpha1.VectaraJobDiscovery) *metav1.Condition {
	reconciling := trueCondition(discovery, v1alpha1.ConditionReconciling)
	faults := []string{v1alpha1.ReasonAPIUnavailable, v1alpha1.ReasonRateLimited, v1alpha1.ReasonInvalidResponse}
	if reconciling == nil || !slices.Contains(faults, reconciling.Reason) {
		return nil
	}
	return reconciling
}

func trueCondition(discovery *v1alpha1.VectaraJobDiscovery, kind string) *metav1.Condition {
	c := meta.FindStatusCondition(discovery.Status.Conditions, kind)
	if c == nil || c.Status != metav1.ConditionTrue {
		return nil
	}
	return cleanCondition(c)
}

// whyNot says why a VectaraJobDiscovery is not ready, why that cannot be confirmed, or that no job matches; empty if there is
// nothing to say.
func whyNot(discovery *v1alpha1.VectaraJobDiscovery) string {
	if discovery.IsSuspended() || !isObserved(discovery) {
		return ""
	}
	for _, kind := range []string{v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling} {
		if c := trueCondition(discovery, kind); c != nil {
			return c.Reason + ": " + c.Message
		}
	}
	if ready := trueCondition(discovery, v1alpha1.ConditionReady); ready != nil && ready.Reason == v1alpha1.ReasonNoJobMatches {
		return ready.Reason + ": " + ready.Message
	}
	return ""
}

// DiscoveryHeadline says how a VectaraJobDiscovery stands at a time.
func DiscoveryHeadline(discovery *v1alpha1.VectaraJobDiscovery, now time.Time) string {
	stands := standingOf(discovery)
	if fault := listFault(discovery); fault != nil && stands != standsSuspended {
		text := stands.String()
		if stands != standsUnlisted {
			text = "last known: " + text
		}
		return text + "; " + unconfirmed(fault.Reason) + "; Reconciling for " + Long(now.Sub(fault.LastTransitionTime.Time))
	}
	if stalled := stalledIn(discovery); stands == standsBlocked {
		return stands.String() + " for " + Long(now.Sub(stalled.LastTransitionTime.Time)) + "; now " + stalled.Reason
	}
	return stands.String()
}
