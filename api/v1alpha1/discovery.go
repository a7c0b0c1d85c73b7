// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// VectaraJobDiscoveryKind is the kind of a VectaraJobDiscovery.
const VectaraJobDiscoveryKind = "VectaraJobDiscovery"

// DiscoveryLabel is on every VectaraJob that a VectaraJobDiscovery created. Its value is the name of the discovery.
const DiscoveryLabel = GroupName + "/discovery"

// Reasons for the conditions of a VectaraJobDiscovery. Faults of the credentials or of Vectara have the reasons of a
// VectaraJob: ReasonUnauthorized, ReasonPermissionDenied, ReasonRequestRejected, ReasonCredentialsNotFound,
// ReasonCredentialsInvalid and ReasonJobNotFound make it Stalled; ReasonRateLimited, ReasonAPIUnavailable and ReasonInvalidResponse make it Reconciling and
// leave Ready as it was.
const (
	// ReasonJobsDiscovered says that every job that matches has had its VectaraJob. Ready is True.
	ReasonJobsDiscovered = "JobsDiscovered"
	// ReasonNoJobMatches says that no job matches at present. Ready is True, and its message says what was searched for: the window
	// or a corpus key may be wrong.
	ReasonNoJobMatches = "NoJobMatches"
	// ReasonCreatingJobs says that there are more jobs without a VectaraJob than are created at once. Ready is False, and the
	// discovery Reconciling: the others follow in a moment.
	ReasonCreatingJobs = "CreatingJobs"
	// ReasonMaxJobsReached says that jobs wait for their VectaraJob because there are spec.maxJobs of them already. Ready is
	// False, and the discovery Stalled.
	ReasonMaxJobsReached = "MaxJobsReached"
	// ReasonTooManyJobs says that the window holds more jobs than the operator lists or remembers. Ready is False, and the
	// discovery Stalled.
	ReasonTooManyJobs = "TooManyJobs"
	// ReasonNotWatched says that VectaraJobs with the labels of spec.template would not be watched by the operator that
	// creates them. Ready is False, and the discovery Stalled.
	ReasonNotWatched = "NotWatched"
	// ReasonCreationFailed says that the API server refused a VectaraJob. Ready is False, and the discovery Reconciling: it
	// is tried again.
	ReasonCreationFailed = "CreationFailed"
)

// IsSuspended reports whether spec.suspend is true: the operator then neither lists jobs nor writes status.
func (d *VectaraJobDiscovery) IsSuspended() bool {
	return d.Spec.Suspend != nil && *d.Spec.Suspend
}

// GetConditions returns the conditions. With SetConditions it is what the condition helpers of other projects ask
// for.
func (d *VectaraJobDiscovery) GetConditions() []metav1.Condition {
	return d.Status.Conditions
}

// SetConditions replaces the conditions.
func (d *VectaraJobDiscovery) SetConditions(conditions []metav1.Condition) {
	d.Status.Conditions = conditions
}
