// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/meta"
)

// Outcome summarizes status for programs: how a job ended, or why that is not known yet. With it, a controller that acts on
// a VectaraJob needs to know neither states nor conditions.
//
// A switch over an Outcome needs a default: a later version of this package may tell more cases apart. The default is
// to wait, as with OutcomeOpen.
type Outcome string

const (
	// OutcomeOpen says that the job may still complete and that nobody has to do anything: it has not been polled yet,
	// it waits, it runs, it is tried again, or Vectara cannot be reached at present. Transient.
	OutcomeOpen Outcome = "Open"
	// OutcomeCompleted says that the job ended well. Final.
	OutcomeCompleted Outcome = "Completed"
	// OutcomeFailed says that the job ended badly and will not be tried again. Final.
	OutcomeFailed Outcome = "Failed"
	// OutcomeAborted says that the job was ended before it was done. Final.
	OutcomeAborted Outcome = "Aborted"
	// OutcomeBlocked says that the job has not ended as far as is known, and that a person has to do something before
	// more can be known, such as to correct the credentials. It counts only while IsObserved is true; otherwise the outcome
	// is OutcomeOpen. Transient: it becomes OutcomeOpen or a final one once that is done.
	OutcomeBlocked Outcome = "Blocked"
)

// IsFinal reports whether the job has ended.
func (o Outcome) IsFinal() bool {
	switch o {
	case OutcomeCompleted, OutcomeFailed, OutcomeAborted:
		return true
	default:
		return false
	}
}

// Outcome summarizes status for programs: how the job ended, or why that is not known yet.
//
// A final outcome is returned whether or not IsObserved is true: the ID of the job cannot be changed, and nothing else in
// spec has to do with the job itself. OutcomeBlocked counts only while IsObserved is true: when spec was changed since, a
// person may have just done what was needed, and the outcome is OutcomeOpen.
func (j *VectaraJob) Outcome() Outcome {
	switch j.Status.State {
	case JobStateCompleted:
		return OutcomeCompleted
	case JobStateFailed:
		return OutcomeFailed
	case JobStateAborted:
		return OutcomeAborted
	default:
	}
	if j.IsObserved() && meta.IsStatusConditionTrue(j.Status.Conditions, ConditionStalled) {
		return OutcomeBlocked
	}
	return OutcomeOpen
}

// IsObserved reports whether status was written for the spec that the resource has now. It is false for a new resource,
// whose status.observedGeneration is -1, and from a change of spec until the operator has acted on it. It stays false
// while suspended: to suspend is a change of spec too, and the operator then writes no status.
//
// Conditions are about the present spec only while IsObserved is true.
func (j *VectaraJob) IsObserved() bool {
	return j.Status.ObservedGeneration == j.Generation
}
