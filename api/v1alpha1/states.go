// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// JobState is the state of a job in Vectara. It is an open set: a state that is not listed here is mirrored as it is
// and counts as unfinished.
//
// The known states come from the schema of GET /v2/jobs/{job_id} in the Vectara REST API v2.
type JobState string

const (
	// JobStateUnknown says that Vectara does not know the state itself. Transient.
	JobStateUnknown JobState = "unknown"
	// JobStateQueued says that the job waits for its turn. Transient.
	JobStateQueued JobState = "queued"
	// JobStateStarted says that the job is running. Transient.
	JobStateStarted JobState = "started"
	// JobStateFailedWillRetry says that an attempt failed and that Vectara will make another. Transient.
	JobStateFailedWillRetry JobState = "failed_will_retry"
	// JobStateCompleted says that the job ended well. Final.
	JobStateCompleted JobState = "completed"
	// JobStateFailed says that the job ended badly and will not be tried again. Final.
	JobStateFailed JobState = "failed"
	// JobStateAborted says that the job was ended before it was done. Final.
	JobStateAborted JobState = "aborted"
)

// IsFinal reports whether a job in this state will stay in it for good.
func (s JobState) IsFinal() bool {
	switch s {
	case JobStateCompleted, JobStateFailed, JobStateAborted:
		return true
	default:
		return false
	}
}

// JobType is what a job does in Vectara. It is an open set like JobState.
type JobType string

const (
	// JobTypeRebuildVectorIndex rebuilds the vector index of a corpus.
	JobTypeRebuildVectorIndex JobType = "rebuild_vector_index"
	// JobTypeReplaceFilterAttributes replaces the filter attributes of a corpus.
	JobTypeReplaceFilterAttributes JobType = "replace_filter_attributes"
	// JobTypeBulkDeleteDocuments deletes the documents of a corpus that match a filter.
	JobTypeBulkDeleteDocuments JobType = "bulk_delete_documents"
	// JobTypeBulkUpdateDocumentMetadata updates the metadata of the documents of a corpus that match a filter.
	JobTypeBulkUpdateDocumentMetadata JobType = "bulk_update_document_metadata"
	// JobTypeUnknown says that Vectara does not know the type itself.
	JobTypeUnknown JobType = "unknown"
)

// IsFinished reports whether the job has ended, well or badly, as far as status says. Outcome says which of the two. The
// operator does not poll a finished job again, unless the annotation RequestedAtAnnotation requests it.
func (j *VectaraJob) IsFinished() bool {
	return j.Status.State.IsFinal()
}

// IsSeen reports whether Vectara ever returned the job, so that state and the other mirrored fields of status mean
// something: before that they are empty, and so is state when Vectara gives none.
func (j *VectaraJob) IsSeen() bool {
	return j.Status.LastTransitionTime != nil
}

// IsSuspended reports whether spec.suspend is true: the operator then neither polls the job nor writes status, so that
// status may be out of date although Synced is True.
func (j *VectaraJob) IsSuspended() bool {
	return j.Spec.Suspend != nil && *j.Spec.Suspend
}

// GetConditions returns the conditions. With SetConditions it is what the condition helpers of other projects ask
// for.
func (j *VectaraJob) GetConditions() []metav1.Condition {
	return j.Status.Conditions
}

// SetConditions replaces the conditions.
func (j *VectaraJob) SetConditions(conditions []metav1.Condition) {
	j.Status.Conditions = conditions
}
