// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/http"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// The labels that there are.
var (
	operationLabel = Label{Name: "operation", Values: []string{getJob, listJobs, token}}

	codeLabel = Label{
		Name: "code", Values: append(statusCodes(), noResponse, other),
		Words: "the HTTP status, such as `200`; `none` without a complete response; `other` for a number that HTTP has no name for",
	}

	breakerLabel = Label{Name: "breaker", Values: []string{breakerClosed, breakerRefused, breakerPaused, breakerUnavailable}}

	purposeLabel = Label{Name: "purpose", Values: purposes()}

	walkOutcomeLabel = Label{Name: "outcome", Values: jobs.Outcomes()}

	stateLabel = Label{Name: "state", Values: []string{
		string(v1alpha1.JobStateQueued), string(v1alpha1.JobStateStarted), string(v1alpha1.JobStateFailedWillRetry),
		string(v1alpha1.JobStateUnknown), string(v1alpha1.JobStateCompleted), string(v1alpha1.JobStateFailed),
		string(v1alpha1.JobStateAborted), other, unseen,
	}}

	reasonLabel = Label{Name: "reason", Values: []string{
		v1alpha1.ReasonPermissionDenied, v1alpha1.ReasonJobNotFound, v1alpha1.ReasonUnauthorized,
		v1alpha1.ReasonCredentialsNotFound, v1alpha1.ReasonCredentialsInvalid, v1alpha1.ReasonRateLimited,
		v1alpha1.ReasonAPIUnavailable, v1alpha1.ReasonInvalidResponse, v1alpha1.ReasonRequestRejected, other,
	}}

	readyLabel = Label{Name: "ready", Values: []string{
		string(metav1.ConditionTrue), string(metav1.ConditionFalse), string(metav1.ConditionUnknown),
	}}

	typeLabel = Label{Name: "type", Values: []string{
		string(v1alpha1.JobTypeRebuildVectorIndex), string(v1alpha1.JobTypeReplaceFilterAttributes),
		string(v1alpha1.JobTypeBulkDeleteDocuments), string(v1alpha1.JobTypeBulkUpdateDocumentMetadata),
		string(v1alpha1.JobTypeUnknown), other,
	}}

	jobOutcomeLabel = Label{Name: "outcome", Values: []string{
		string(v1alpha1.JobStateCompleted), string(v1alpha1.JobStateFailed), string(v1alpha1.JobStateAborted),
	}}

	writeFailureLabel = Label{Name: "reason", Values: writeFailureReasons()}

	resourceLabel = Label{Name: "resource", Values: []string{"vectarajobs", "vectarajobdiscoveries", "secrets"}}

	versionLabel   = Label{Name: "version", Words: "the version of the operator"}
	goVersionLabel = Label{Name: "go_version", Words: "the version of Go that built it"}
)

const (
	getJob   = "get_job"
	listJobs = "list_jobs"
	token    = "token"

	// noResponse is the code of a request without a complete response.
	noResponse = "none"

	breakerClosed      = "closed"
	breakerRefused     = "refused"
	breakerPaused      = "paused"
	breakerUnavailable = "unavailable"

	// panicked is the reason of a write that was not made because the reconcile panicked.
	panicked = "Panic"

	// unseen is the state of a job that Vectara has never returned.
	unseen = "unseen"
)

// operationNames are what the client's operations are called in a label.
var operationNames = map[string]string{
	vectara.OperationGetJob:   getJob,
	vectara.OperationListJobs: listJobs,
	vectara.OperationToken:    token,
}

// statusCodes are the HTTP statuses that have a name.
func statusCodes() []string {
	var codes []string
	for code := 100; code < 600; code++ {
		if http.StatusText(code) != "" {
			codes = append(codes, strconv.Itoa(code))
		}
	}
	return codes
}

// writeFailureReasons are the reasons that tell the person on call something. Without a whole answer there is none.
func writeFailureReasons() []string {
	var names []string
	for _, reason := range []metav1.StatusReason{
		metav1.StatusReasonForbidden, metav1.StatusReasonUnauthorized, metav1.StatusReasonInvalid, metav1.StatusReasonBadRequest,
		metav1.StatusReasonConflict, metav1.StatusReasonTooManyRequests, metav1.StatusReasonTimeout, metav1.StatusReasonServerTimeout,
		metav1.StatusReasonServiceUnavailable, metav1.StatusReasonInternalError, panicked,
	} {
		names = append(names, string(reason))
	}
	return append(names, other)
}

func purposes() []string {
	var names []string
	for _, purpose := range jobs.Purposes() {
		names = append(names, string(purpose))
	}
	return names
}

// stateOf is what stands for the state of a job in a label.
func stateOf(object *v1alpha1.VectaraJob) string {
	switch {
	case !object.IsSeen():
		return unseen
	case object.Status.State == "":
		return string(v1alpha1.JobStateUnknown)
	default:
		return stateLabel.value(string(object.Status.State))
	}
}

// readinessOf is what stands for the readiness of a discovery in a label. One that is new has none.
func readinessOf(object *v1alpha1.VectaraJobDiscovery) string {
	ready := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return string(metav1.ConditionUnknown)
	}
	return string(ready.Status)
}
