// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/meta"
)

// Outcome is what is known of how a job ends. It is made of status for programs that act on a VectaraJob, so that none
// of them has to know what states and conditions mean.
//
// A switch over an Outcome needs a default: a later version of this package may tell more cases apart. The default is
// to wait, as with OutcomeOpen.
type Outcome string

const (
	// OutcomeOpen says that the job may still complete and that nobody has to do anything: it has not been looked at yet,
	// it waits, it runs, it is tried again, or Vectara cannot be reached at present. Transient.
	OutcomeOpen Outcome = "Open"
	// OutcomeCompleted says that the job ended well. Final.
	OutcomeCompleted Outcome = "Completed"
	// OutcomeFailed says that the job ended badly and will not be tried again. Final.
	OutcomeFailed Outcome = "Failed"
	// OutcomeAborted says that the job was ended before it was done. Final.
	OutcomeAborted Outcome = "Aborted"
	// OutcomeBlocked says that the job has not ended as far as is known, and that a person has to do something before
	// more can be known, such as to correct the credentials. Transient: it becomes OutcomeOpen or a final one once that
	// is done.
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

// Outcome says how the job ended, or why it is not known yet.
//
// How a job ended holds whatever becomes of spec: the ID of the job cannot be changed, and nothing else in spec has to
// do with the job itself. That it is blocked holds for the spec that it was found with only: when status is behind spec,
// a person may have just done what was needed, and the outcome is open.
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

// IsObserved reports whether status was made for the spec that the resource has now. It is false for a new resource,
// whose status.observedGeneration is -1, and from a change of spec until the operator has seen to it; while the resource
// is suspended, the operator does not.
//
// Conditions speak of the present spec only while IsObserved is true.
func (j *VectaraJob) IsObserved() bool {
	return j.Status.ObservedGeneration == j.Generation
}
