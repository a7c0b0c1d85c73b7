// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +genclient
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,path=vectarajobdiscoveries,singular=vectarajobdiscovery,shortName=vjd,categories=vectara
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must be at most 63 characters: it becomes the value of a label"
// +kubebuilder:selectablefield:JSONPath=`.spec.secretRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether every job that matches has a VectaraJob"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why Ready is what it is"
// +kubebuilder:printcolumn:name="Matching",type=integer,JSONPath=`.status.observedJobs`,description="How many jobs matched when they were last listed"
// +kubebuilder:printcolumn:name="Mirrored",type=integer,JSONPath=`.status.mirroredJobs`,description="How many VectaraJobs of this discovery there are"
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.waitingJobs`,description="How many of the jobs that match have not had a VectaraJob"
// +kubebuilder:printcolumn:name="Suspended",type=boolean,JSONPath=`.spec.suspend`,description="Whether the operator leaves this resource alone, so that the other columns may be out of date"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="When this resource was created"
// +kubebuilder:printcolumn:name="Created",type=integer,JSONPath=`.status.createdJobs`,priority=1,description="How many VectaraJobs were created so far"
// +kubebuilder:printcolumn:name="Last Sweep",type=date,JSONPath=`.status.lastSweepTime`,priority=1,description="When the last complete list of the jobs began, to the hour if nothing changed"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1,description="What Ready says in words"

// VectaraJobDiscovery creates a VectaraJob for each job of a Vectara account
// that matches, also for those that were started by the console, an SDK or
// Vectara itself, and whose IDs nobody knew in advance.
type VectaraJobDiscovery struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says which jobs are to have a VectaraJob, and what it looks like. When
	// absent, all jobs of the last 24h have one, until a day after they ended.
	// Default: {}.
	// +kubebuilder:default:={}
	// +optional
	Spec VectaraJobDiscoverySpec `json:"spec,omitzero"`

	// status is what came of looking for jobs. Only the operator writes it.
	// +kubebuilder:default:={"observedGeneration":-1}
	// +optional
	Status VectaraJobDiscoveryStatus `json:"status,omitzero"`
}

// +kubebuilder:object:root=true

// VectaraJobDiscoveryList is a list of VectaraJobDiscoveries.
type VectaraJobDiscoveryList struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`

	// items are the VectaraJobDiscoveries.
	Items []VectaraJobDiscovery `json:"items"`
}

// VectaraJobDiscoverySpec says which jobs are to have a VectaraJob, and what
// it looks like. A job matches if it is within the window that createdAfter or
// lookBack opens, and in what each of corpusKeys, types and states lists.
// +kubebuilder:validation:XValidation:rule="!has(self.createdAfter) || !has(self.lookBack)",message="createdAfter and lookBack exclude each other: set one of them, or neither for the last 24h"
type VectaraJobDiscoverySpec struct {
	// secretRef names the Secret with the credentials for the Vectara API, in the
	// namespace of this resource. The jobs are those of its account. The Secret
	// must be of type jobs.vectara.io/credentials and hold either the key api-key,
	// or the keys client-id and client-secret.
	// Default: {name: vectara-credentials}.
	// +kubebuilder:default={name: "vectara-credentials"}
	// +optional
	SecretRef SecretReference `json:"secretRef,omitzero"`

	// corpusKeys are the keys of the corpora whose jobs match: those that work on
	// at least one of them. At most 100, of letters, digits, _, = and -, at most
	// 50 characters each. When absent, every job matches.
	// Example: [legal].
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=50
	// +kubebuilder:validation:items:Pattern=`^[a-zA-Z0-9_=-]+$`
	// +listType=set
	// +optional
	CorpusKeys []string `json:"corpusKeys,omitempty"`

	// types are the types of the jobs that match, as Vectara writes them: at most
	// 32, of at most 128 characters each. When absent, jobs of every type match.
	// Example: [replace_filter_attributes, rebuild_vector_index].
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +listType=set
	// +optional
	Types []JobType `json:"types,omitempty"`

	// states are the states of the jobs that match at the time when they are
	// listed, as Vectara writes them: at most 16, of lower-case letters, digits
	// and _, at most 128 characters each. A VectaraJob stays when its job leaves
	// these states. When absent, jobs in every state match. With active states
	// only, [queued, started, failed_will_retry, unknown], fewer pages are to be
	// listed, but a job that begins and ends between two lists is missed.
	// Example: [completed, failed].
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9_]+$`
	// +listType=set
	// +optional
	States []JobState `json:"states,omitempty"`

	// createdAfter is the time since which jobs match, by when they were created
	// in Vectara. It excludes lookBack.
	// Example: 2026-01-31T12:00:00Z.
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('0001-01-01T00:00:00Z')",message="must be an RFC 3339 time such as 2026-01-31T12:00:00Z"
	// +optional
	CreatedAfter *metav1.Time `json:"createdAfter,omitempty"`

	// lookBack is for how long after their creation in Vectara jobs match, from 1m
	// to 8760h, as a duration such as 36h. It excludes createdAfter. When both are
	// absent, it is 24h.
	// Example: 36h.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([0-9]{1,6}(\.[0-9]{1,9})?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="!self.contains('d')",message="days are no unit: write hours, such as 168h for 7d"
	// +kubebuilder:validation:XValidation:rule="self.contains('d') || duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="lookBack must be between 1m and 8760h"
	// +optional
	LookBack *metav1.Duration `json:"lookBack,omitempty"`

	// interval is the time from one list of the jobs to the next, from 10s to 24h,
	// as a duration such as 5m. A random tenth is added or taken away. A list that
	// is made for other reasons, such as to follow many jobs at once, counts too.
	// When absent, it is 1m.
	// Example: 5m.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([0-9]{1,6}(\.[0-9]{1,9})?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="!self.contains('d')",message="days are no unit: write hours, such as 168h for 7d"
	// +kubebuilder:validation:XValidation:rule="self.contains('d') || duration(self) >= duration('10s') && duration(self) <= duration('24h')",message="interval must be between 10s and 24h"
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// template is what the VectaraJobs look like. A change of it holds for those
	// that are created later.
	// Default: {spec: {ttlSecondsAfterFinished: 86400}}.
	// +kubebuilder:default:={}
	// +optional
	Template VectaraJobTemplate `json:"template,omitzero"`

	// maxJobs is how many VectaraJobs of this discovery there may be at the same
	// time, from 1 to 10000. Jobs beyond it wait until some of these are deleted.
	// Default: 1000. Example: 200.
	// +kubebuilder:default=1000
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	MaxJobs int32 `json:"maxJobs,omitempty"`

	// suspend makes the operator leave this resource alone for as long as it is
	// true: no jobs are listed for it, nothing is created and no status is
	// written. The VectaraJobs that there are go on.
	// Default: false. Example: true.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`
}

// VectaraJobTemplate is what the VectaraJobs of a discovery look like, but for
// what names the job and its credentials.
type VectaraJobTemplate struct {
	// metadata is added to the metadata of each VectaraJob.
	// +optional
	Metadata VectaraJobTemplateMetadata `json:"metadata,omitzero"`

	// spec is how the job of each VectaraJob is to be observed.
	// Default: {ttlSecondsAfterFinished: 86400}.
	// +kubebuilder:default:={}
	// +optional
	Spec VectaraJobTemplateSpec `json:"spec,omitzero"`
}

// VectaraJobTemplateMetadata is added to the metadata of each VectaraJob of a
// discovery.
type VectaraJobTemplateMetadata struct {
	// labels are the labels of each VectaraJob, at most 32, besides
	// jobs.vectara.io/discovery, which holds the name of the discovery. The prefix
	// jobs.vectara.io/ is reserved for the operator.
	// Example: {team: search}.
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, !format.qualifiedName().validate(key).hasValue())",message="each key must be the key of a label, such as example.com/team"
	// +kubebuilder:validation:XValidation:rule="self.all(key, !format.labelValue().validate(self[key]).hasValue())",message="each value must be the value of a label: letters, digits, -, _ and ., at most 63 characters"
	// +kubebuilder:validation:XValidation:rule="self.all(key, !key.startsWith('jobs.vectara.io/'))",message="the prefix jobs.vectara.io/ is reserved for the operator: use another one, or none"
	// +optional
	Labels map[string]LabelValue `json:"labels,omitempty"`

	// annotations are the annotations of each VectaraJob, at most 32, of at most
	// 4096 characters each, and of at most 65536 bytes together, keys included.
	// The prefix jobs.vectara.io/ is reserved for the operator.
	// Example: {example.com/runbook: "https://example.com/reindex"}.
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, !format.qualifiedName().validate(key.lowerAscii()).hasValue())",message="each key must be the key of an annotation, such as example.com/runbook"
	// +kubebuilder:validation:XValidation:rule="self.all(key, !key.lowerAscii().startsWith('jobs.vectara.io/'))",message="the prefix jobs.vectara.io/ is reserved for the operator: use another one, or none"
	// +kubebuilder:validation:XValidation:rule="self.map(key, size(key) + size(bytes(self[key]))).sum() <= 65536",message="all keys and values together must be at most 65536 bytes, of which a character may take up to 4"
	// +optional
	Annotations map[string]AnnotationValue `json:"annotations,omitempty"`
}

// LabelValue is the value of a label: at most 63 letters, digits, -, _ and .,
// with a letter or digit first and last.
// +kubebuilder:validation:MinLength=0
// +kubebuilder:validation:MaxLength=63
type LabelValue string

// AnnotationValue is the value of an annotation, at most 4096 characters.
// +kubebuilder:validation:MinLength=0
// +kubebuilder:validation:MaxLength=4096
type AnnotationValue string

// VectaraJobTemplateSpec is how the job of each VectaraJob of a discovery is
// to be observed. The fields are those of VectaraJobSpec.
type VectaraJobTemplateSpec struct {
	// pollInterval is the time from one poll of an unfinished job to the next,
	// from 1s to 24h, as a duration such as 30s or 1h30m. When absent, the
	// interval adapts to the age of the job.
	// Example: 30s.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([0-9]{1,6}(\.[0-9]{1,9})?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="!self.contains('d')",message="days are no unit: write hours, such as 168h for 7d"
	// +kubebuilder:validation:XValidation:rule="self.contains('d') || duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="pollInterval must be between 1s and 24h"
	// +optional
	PollInterval *metav1.Duration `json:"pollInterval,omitempty"`

	// requestTimeout bounds one call to the Vectara API about a job, from 1s to
	// 5m, as a duration such as 10s. When absent, the administrator's default
	// holds (10s unless set otherwise).
	// Example: 10s.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([0-9]{1,6}(\.[0-9]{1,9})?(ms|s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="!self.contains('d')",message="days are no unit: write hours, such as 168h for 7d"
	// +kubebuilder:validation:XValidation:rule="self.contains('d') || duration(self) >= duration('1s') && duration(self) <= duration('5m')",message="requestTimeout must be between 1s and 5m"
	// +optional
	RequestTimeout *metav1.Duration `json:"requestTimeout,omitempty"`

	// ttlSecondsAfterFinished is for how many seconds, from 0 to 2147483647 (68
	// years), each VectaraJob is kept once its job was seen to have ended; then
	// the operator deletes it, and does not create it again. As long as it is
	// kept, it counts towards maxJobs.
	// Default: 86400. Example: 3600.
	// +kubebuilder:default=86400
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2147483647
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// VectaraJobDiscoveryStatus is what came of looking for jobs. The operator is
// the only author, so that it has one owner as a whole.
// +structType=atomic
type VectaraJobDiscoveryStatus struct {
	// observedGeneration is the generation of spec that this status was made for;
	// -1 until the first time.
	// Example: 1.
	// +kubebuilder:default=-1
	// +kubebuilder:validation:Minimum=-1
	// +kubebuilder:validation:Maximum=9007199254740991
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// observedJobs is how many jobs matched when they were last listed completely.
	// Absent until then.
	// Example: 12.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2147483647
	// +optional
	ObservedJobs *int32 `json:"observedJobs,omitempty"`

	// mirroredJobs is how many VectaraJobs of this discovery there are, also of
	// jobs that match no more. At most spec.maxJobs are created, so that it is
	// greater only after maxJobs was lowered. Absent until the jobs were first
	// listed completely.
	// Example: 10.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2147483647
	// +optional
	MirroredJobs *int32 `json:"mirroredJobs,omitempty"`

	// waitingJobs is how many of the jobs that match have not had a VectaraJob,
	// for the reason that the condition Ready gives. Absent until the jobs were
	// first listed completely.
	// Example: 2.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2147483647
	// +optional
	WaitingJobs *int32 `json:"waitingJobs,omitempty"`

	// createdJobs is how many VectaraJobs this discovery has created so far, those
	// included that have been deleted since.
	// Example: 40.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=9007199254740991
	// +optional
	CreatedJobs int64 `json:"createdJobs,omitempty"`

	// lastSweepTime is when the last complete list of the jobs began, to the
	// second. Jobs that were created later may not be on it. It is brought up to
	// date when something else changes, or when an hour has passed.
	// Example: 2026-01-31T12:00:00Z.
	// +optional
	LastSweepTime *metav1.Time `json:"lastSweepTime,omitempty"`

	// lastHandledReconcileAt is the value of the annotation
	// jobs.vectara.io/requestedAt that was last acted upon, at most 256
	// characters: setting the annotation to a new value has the jobs listed at
	// once.
	// Example: 2026-01-31T12:30:00Z.
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=256
	// +optional
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// handledJobs is the operator's memory of the jobs in the window that have had
	// their VectaraJob, so that none is created anew after it was deleted. It is
	// for the operator alone. At most 512 groups, with at most 160000 characters
	// of digests together, which is 20000 jobs.
	// Example: [{createdBefore: "2026-01-31T12:00:00Z", digests: q2fK0xZt}].
	// +kubebuilder:validation:MaxItems=512
	// +kubebuilder:validation:XValidation:rule="self.map(group, size(group.digests)).sum() <= 160000",message="all digests together must be at most 160000 characters"
	// +listType=atomic
	// +optional
	HandledJobs []HandledJobs `json:"handledJobs,omitempty"`

	// conditions say whether every job that matches has had a VectaraJob (Ready),
	// whether the operator is still at work (Reconciling) and whether a person is
	// needed (Stalled). The last two are there only while True. At most 32.
	// Example: [{type: Ready, status: "True", reason: JobsDiscovered, …}].
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// HandledJobs are jobs that have had their VectaraJob.
type HandledJobs struct {
	// createdBefore is a time before which all of them were created in Vectara, to
	// the second. Once the window begins later, they are forgotten.
	// Example: 2026-01-31T12:00:00Z.
	// +required
	CreatedBefore metav1.Time `json:"createdBefore,omitzero"`

	// digests are eight characters for each job: the first six bytes of the
	// SHA-256 of its ID, in base64. From 8 to 160000 characters.
	// Example: q2fK0xZt.
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=160000
	// +kubebuilder:validation:Pattern=`^([A-Za-z0-9+/]{8})+$`
	// +required
	Digests string `json:"digests,omitempty"`
}
