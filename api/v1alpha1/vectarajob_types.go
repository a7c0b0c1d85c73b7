// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +genclient
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,path=vectarajobs,singular=vectarajob,shortName=vj,categories=vectara
// +kubebuilder:selectablefield:JSONPath=`.spec.jobID`
// +kubebuilder:selectablefield:JSONPath=`.spec.secretRef.name`
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:selectablefield:JSONPath=`.status.type`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`,description="State of the job, as Vectara last reported it"
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.status.type`,description="Type of the job"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether the job completed"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why Ready is what it is"
// +kubebuilder:printcolumn:name="Synced",type=string,JSONPath=`.status.conditions[?(@.type=="Synced")].status`,description="Whether status is what Vectara says now"
// +kubebuilder:printcolumn:name="Suspended",type=boolean,JSONPath=`.spec.suspend`,description="Whether the operator leaves this resource alone, so that the other columns may be out of date"
// +kubebuilder:printcolumn:name="Started",type=date,JSONPath=`.status.startedAt`,description="When Vectara started the job"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="When this resource was created"
// +kubebuilder:printcolumn:name="Job ID",type=string,JSONPath=`.spec.jobID`,priority=1,description="ID of the job in Vectara"
// +kubebuilder:printcolumn:name="Completed",type=date,JSONPath=`.status.completedAt`,priority=1,description="When Vectara finished the job"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1,description="What Ready says in words"
// +kubebuilder:printcolumn:name="Sync Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Synced")].reason`,priority=1,description="Why Synced is what it is"
// +kubebuilder:printcolumn:name="Sync Message",type=string,JSONPath=`.status.conditions[?(@.type=="Synced")].message`,priority=1,description="What Synced says in words"

// VectaraJob mirrors one background job of the Vectara platform: name a job by
// its ID in spec, and status follows what Vectara reports of it until the job
// has ended.
type VectaraJob struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec names the job to mirror and how to ask for it. Only jobID is required.
	// +required
	Spec VectaraJobSpec `json:"spec,omitzero"`

	// status is what Vectara last said of the job, and whether that is up to date.
	// Only the operator writes it.
	// Default: {observedGeneration: -1}.
	// +kubebuilder:default:={"observedGeneration":-1}
	// +optional
	Status VectaraJobStatus `json:"status,omitzero"`
}

// +kubebuilder:object:root=true

// VectaraJobList is a list of VectaraJobs.
type VectaraJobList struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`

	// items are the VectaraJobs.
	Items []VectaraJob `json:"items"`
}

// VectaraJobSpec names a job and says how it is to be observed.
type VectaraJobSpec struct {
	// jobID is the ID of the job in Vectara, as returned by the call that started
	// it: "job_" and then letters, digits and any of . _ ~ : = + -, from 5 to 512
	// characters. It cannot be changed.
	// Example: job_3Kx9QpVn2mZr8YbLc5TdWe.
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^job_[A-Za-z0-9._~:=+-]+$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="jobID cannot be changed: create another VectaraJob for another job"
	// +required
	JobID string `json:"jobID,omitempty"`

	// secretRef names the Secret with the credentials for the Vectara API, in the
	// namespace of this resource. The Secret must be of type
	// jobs.vectara.io/credentials and hold either the key api-key, or the keys
	// client-id and client-secret.
	// Default: {name: vectara-credentials}. Example: {name: team-search}.
	// +kubebuilder:default={name: "vectara-credentials"}
	// +optional
	SecretRef SecretReference `json:"secretRef,omitzero"`

	// pollInterval is the time from one poll of the unfinished job to the next: a
	// duration in ms, s, m and h, from 1s to 24h. Up to a tenth is added or taken
	// away at random, so that jobs do not march in step. When absent, the interval
	// adapts: a tenth of the time that the job has been in its present state,
	// within the bounds that the administrator set (2s to 60s unless set
	// otherwise).
	// Example: 30s.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([0-9]{1,6}(\.[0-9]{1,9})?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="!self.contains('d')",message="days are no unit: write hours, such as 168h for 7d"
	// +kubebuilder:validation:XValidation:rule="self.contains('d') || duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="pollInterval must be between 1s and 24h"
	// +optional
	PollInterval *metav1.Duration `json:"pollInterval,omitempty"`

	// requestTimeout bounds one call to the Vectara API, from the first byte sent
	// to the last byte read: a duration in ms, s, m and h, from 1s to 5m. When
	// absent, the administrator's default holds (10s unless set otherwise).
	// Example: 10s.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([0-9]{1,6}(\.[0-9]{1,9})?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="!self.contains('d')",message="days are no unit: write hours, such as 168h for 7d"
	// +kubebuilder:validation:XValidation:rule="self.contains('d') || duration(self) >= duration('1s') && duration(self) <= duration('5m')",message="requestTimeout must be between 1s and 5m"
	// +optional
	RequestTimeout *metav1.Duration `json:"requestTimeout,omitempty"`

	// suspend makes the operator leave this resource alone for as long as it is
	// true: nothing is asked of Vectara, no status is written and nothing is
	// deleted.
	// Default: false. Example: true.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`

	// ttlSecondsAfterFinished is for how many seconds, from 0 to 2147483647 (68
	// years), this resource is kept once the job has ended, counted from
	// status.lastTransitionTime; then the operator deletes it. 0 deletes it at
	// once. When absent, it is kept. The job in Vectara is not touched.
	// Example: 3600.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2147483647
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// SecretReference names a Secret in the namespace of the resource that refers
// to it.
// +structType=atomic
type SecretReference struct {
	// name is the name of the Secret: lower-case letters, digits, - and ., from 1
	// to 253 characters.
	// Default: vectara-credentials. Example: team-search.
	// +kubebuilder:default="vectara-credentials"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	// +optional
	Name string `json:"name,omitempty"`
}

// VectaraJobStatus is what Vectara last said of the job, and when and how well
// the operator could ask.
//
// The fields that mirror the job are strings of bounded length and no more:
// Vectara may add states and types at any time, and none of them may make a
// status write fail. What is longer than its bound is cut and ends in "…".
//
// The operator is the only author, so that status has one owner as a whole. To
// keep an owner for each field would make every write a good deal slower.
// +structType=atomic
type VectaraJobStatus struct {
	// observedGeneration is the metadata.generation of the spec that this status
	// was made for.
	// Default: -1, until there is a first result. Example: 1.
	// +kubebuilder:default=-1
	// +kubebuilder:validation:Minimum=-1
	// +kubebuilder:validation:Maximum=9007199254740991
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// state is the state of the job, as Vectara wrote it. Known are queued,
	// started, failed_will_retry and unknown, and, in which a job has ended,
	// completed, failed and aborted. More may come, at most 128 characters. Absent
	// when Vectara gave none.
	// Example: started.
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=128
	// +optional
	State JobState `json:"state,omitempty"`

	// type is the type of the job, as Vectara wrote it. Known are
	// rebuild_vector_index, replace_filter_attributes, bulk_delete_documents,
	// bulk_update_document_metadata and unknown. More may come, at most 128
	// characters. Absent when Vectara gave none.
	// Example: replace_filter_attributes.
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Type JobType `json:"type,omitempty"`

	// corpusKeys are the keys of the corpora that the job works on, in Vectara's
	// order: at most the first 1000, of at most 128 characters each.
	// Example: [legal].
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:MinLength=0
	// +kubebuilder:validation:items:MaxLength=128
	// +listType=atomic
	// +optional
	CorpusKeys []string `json:"corpusKeys,omitempty"`

	// createdAt is when the job was created in Vectara, by Vectara's clock, to the
	// second. Absent when Vectara does not say.
	// Example: 2026-01-31T12:00:00Z.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`

	// startedAt is when Vectara started the job, by Vectara's clock, to the
	// second. Absent when Vectara does not say, as while the job is queued.
	// Example: 2026-01-31T12:00:04Z.
	// +optional
	StartedAt *metav1.Time `json:"startedAt,omitempty"`

	// completedAt is when the job ended in Vectara, well or badly, by Vectara's
	// clock, to the second. Absent when Vectara does not say, as while the job is
	// running.
	// Example: 2026-01-31T12:21:37Z.
	// +optional
	CompletedAt *metav1.Time `json:"completedAt,omitempty"`

	// createdByUsername is the Vectara user who started the job, at most 256
	// characters; absent when the platform itself did.
	// Example: jdoe.
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=256
	// +optional
	CreatedByUsername string `json:"createdByUsername,omitempty"`

	// comment is Vectara's remark on the job, at most 4096 characters; on a failed
	// job, what went wrong. Absent when there is none.
	// Example: corpus legal is out of quota.
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Comment string `json:"comment,omitempty"`

	// lastTransitionTime is when the operator first saw the job in its present
	// state, by the operator's clock, to the second. Absent until Vectara has
	// answered with the job.
	// Example: 2026-01-31T12:21:39Z.
	// +optional
	LastTransitionTime *metav1.Time `json:"lastTransitionTime,omitempty"`

	// lastHandledReconcileAt is the value of the annotation
	// jobs.vectara.io/requestedAt that was last acted upon, at most 256
	// characters: setting the annotation to a new value asks Vectara once more,
	// even when the job has ended.
	// Example: 2026-01-31T12:30:00Z.
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=256
	// +optional
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// conditions say whether status is up to date (Synced), whether the job
	// completed (Ready), whether something is still happening (Reconciling) and
	// whether waiting alone does not help (Stalled). The last two are there only
	// while True. At most 32.
	// Example: [{type: Ready, status: "True", reason: JobCompleted, …}].
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
