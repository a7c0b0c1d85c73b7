// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Types of the conditions of a VectaraJob. Every condition carries the observedGeneration that it was made for.
const (
	// ConditionSynced says whether status is what Vectara says now.
	//
	// True: ReasonSynced.
	//
	// False: ReasonPermissionDenied, ReasonJobNotFound, ReasonUnauthorized, ReasonRequestRejected,
	// ReasonCredentialsNotFound, ReasonCredentialsInvalid, ReasonRateLimited, ReasonAPIUnavailable,
	// ReasonInvalidResponse when the last poll failed, or when the next one is overdue by more than 30 s. What was
	// mirrored before stays in status.
	//
	// Unknown: never. The condition is absent until the first response.
	ConditionSynced = "Synced"

	// ConditionReady says whether the job completed.
	//
	// True: ReasonJobCompleted.
	//
	// False: ReasonJobQueued, ReasonJobStarted, ReasonJobRetrying, ReasonJobStateUnknown while it may still complete;
	// ReasonJobFailed, ReasonJobAborted when it never will; ReasonPermissionDenied, ReasonJobNotFound,
	// ReasonUnauthorized, ReasonRequestRejected, ReasonCredentialsNotFound, ReasonCredentialsInvalid while a person is
	// needed to find out.
	//
	// Unknown: ReasonRateLimited, ReasonAPIUnavailable, ReasonInvalidResponse when Vectara has never returned the job.
	// Once it has, such a fault leaves Ready at what the mirrored state says.
	ConditionReady = "Ready"

	// ConditionReconciling says that the operator is at work and that the outcome is open. It follows kstatus: it is
	// there only while True, and never together with ConditionStalled.
	//
	// True: ReasonJobQueued, ReasonJobStarted, ReasonJobRetrying, ReasonJobStateUnknown, ReasonRateLimited,
	// ReasonAPIUnavailable, ReasonInvalidResponse, and ReasonJobNotFound in the first minute of a new object.
	ConditionReconciling = "Reconciling"

	// ConditionStalled says that waiting alone will not make the job complete. It follows kstatus: it is there only
	// while True, and never together with ConditionReconciling.
	//
	// True: ReasonJobFailed, ReasonJobAborted, ReasonPermissionDenied, ReasonJobNotFound, ReasonUnauthorized,
	// ReasonRequestRejected, ReasonCredentialsNotFound, ReasonCredentialsInvalid.
	ConditionStalled = "Stalled"
)

// Reasons that a state of the job gives.
const (
	// ReasonSynced says that Vectara returned the job and that status shows it.
	ReasonSynced = "Synced"
	// ReasonJobQueued goes with JobStateQueued.
	ReasonJobQueued = "JobQueued"
	// ReasonJobStarted goes with JobStateStarted.
	ReasonJobStarted = "JobStarted"
	// ReasonJobRetrying goes with JobStateFailedWillRetry.
	ReasonJobRetrying = "JobRetrying"
	// ReasonJobStateUnknown goes with JobStateUnknown, with an absent state, and with every state that this version of
	// the operator does not know.
	ReasonJobStateUnknown = "JobStateUnknown"
	// ReasonJobCompleted goes with JobStateCompleted.
	ReasonJobCompleted = "JobCompleted"
	// ReasonJobFailed goes with JobStateFailed.
	ReasonJobFailed = "JobFailed"
	// ReasonJobAborted goes with JobStateAborted.
	ReasonJobAborted = "JobAborted"
)

// Reasons why the job could not be polled that a person has to act on.
const (
	// ReasonPermissionDenied says that Vectara answered 403: the credentials are good but may not see this job.
	ReasonPermissionDenied = "PermissionDenied"
	// ReasonJobNotFound says that Vectara answered 404: there is no such job for these credentials, or no longer.
	ReasonJobNotFound = "JobNotFound"
	// ReasonUnauthorized says that Vectara answered 401, or that the token endpoint refused the OAuth client.
	ReasonUnauthorized = "Unauthorized"
	// ReasonRequestRejected says that Vectara rejected the request itself, with a 4xx status that none of the other
	// reasons stands for, such as 400, 405, 410 or 422. Repeating it does not help; it is repeated every 10 minutes.
	ReasonRequestRejected = "RequestRejected"
	// ReasonCredentialsNotFound says that no Secret of type CredentialsSecretType has the name in spec.secretRef. A
	// Secret of another type counts as absent: the operator never reads it.
	ReasonCredentialsNotFound = "CredentialsNotFound"
	// ReasonCredentialsInvalid says that the Secret lacks a key, holds both kinds of credentials, or holds a value that
	// cannot be sent.
	ReasonCredentialsInvalid = "CredentialsInvalid"
)

// Reasons why the job could not be polled that waiting may help.
const (
	// ReasonRateLimited says that Vectara answered 429, and that the operator sends nothing with the same credentials
	// until the time that Vectara named has passed; or that the operator's own request budget does not suffice.
	ReasonRateLimited = "RateLimited"
	// ReasonAPIUnavailable says that Vectara could not be reached or answered 408, 409, 425 or 5xx.
	ReasonAPIUnavailable = "APIUnavailable"
	// ReasonInvalidResponse says that the response is invalid: a redirect, a body that is too large or not JSON, or
	// another job.
	ReasonInvalidResponse = "InvalidResponse"
)
