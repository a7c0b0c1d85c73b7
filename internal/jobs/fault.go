// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// FaultKind classifies what kept Vectara from returning a job. It decides what happens next.
type FaultKind string

const (
	// PermissionDenied is a 403: the credentials are valid, but may not read the job.
	PermissionDenied FaultKind = "PermissionDenied"
	// NotFound is a 404.
	NotFound FaultKind = "NotFound"
	// Unauthorized is a 401, or a token endpoint that refuses the client. Whether it is held against the credentials or against
	// the job is for the breaker to say.
	Unauthorized FaultKind = "Unauthorized"
	// RateLimited is a 429, for all jobs of the credentials; or the operator's own request budget does not suffice, if
	// StatusCode is 0.
	RateLimited FaultKind = "RateLimited"
	// RequestRejected is any other 4xx that waiting does not help: 400, 405, 410, 422 and the like.
	RequestRejected FaultKind = "RequestRejected"
	// Unavailable is what waiting may help: 408, 409, 425, 5xx, no complete response, no connection.
	Unavailable FaultKind = "Unavailable"
	// InvalidResponse is a response that makes no sense: a redirect, no JSON, another job's ID.
	InvalidResponse FaultKind = "InvalidResponse"
)

// Fault is why a request did not bring what it asked for. It holds no credentials.
type Fault struct {
	Kind FaultKind
	// StatusCode is the HTTP status of the response; 0 if there was none.
	StatusCode int
	// FromTokenEndpoint is true if it was the token endpoint that failed.
	FromTokenEndpoint bool
	// Detail is the client's own sentence, the same for as long as the fault is. Empty if the status code and Vectara's words
	// say it all.
	Detail string
	// Words are Vectara's own words, bounded by the client.
	Words []string
	// RequestID names the request to Vectara's support; empty if there is none.
	RequestID string
	// RetryAfter is the pause that Vectara asked for, 1 s to 1 h; 0 if it asked for none.
	RetryAfter time.Duration
}

// Is reports whether two faults say the same. Request ID and RetryAfter differ from response to response and do not count.
func (f *Fault) Is(other *Fault) bool {
	if f == nil || other == nil {
		return f == other
	}
	return f.Kind == other.Kind && f.StatusCode == other.StatusCode && f.FromTokenEndpoint == other.FromTokenEndpoint &&
		f.Detail == other.Detail && slices.Equal(f.Words, other.Words)
}

// isOutage reports whether the fault may be one of Vectara as a whole.
func (f *Fault) isOutage() bool {
	return f != nil && (f.Kind == Unavailable || f.Kind == InvalidResponse)
}

// classify makes a fault of an error of the client. It never returns nil: a cancelled request is Unavailable, and it is for the
// caller to know that it cancelled it.
func classify(err error) *Fault {
	var (
		api       *vectara.APIError
		auth      *vectara.AuthError
		response  *vectara.ResponseError
		transport *vectara.TransportError
	)
	switch {
	case errors.As(err, &api):
		return &Fault{
			Kind:              kindOfStatus(api),
			StatusCode:        api.StatusCode,
			FromTokenEndpoint: api.Operation == vectara.OperationToken,
			Words:             api.Messages,
			RequestID:         api.RequestID,
			RetryAfter:        api.RetryAfter,
		}
	case errors.As(err, &auth):
		fault := &Fault{Kind: Unauthorized, StatusCode: auth.StatusCode, FromTokenEndpoint: true, Detail: auth.Code}
		if auth.Description != "" {
			fault.Words = []string{auth.Description}
		}
		return fault
	case errors.As(err, &response):
		return &Fault{
			Kind:              InvalidResponse,
			StatusCode:        response.StatusCode,
			FromTokenEndpoint: response.Operation == vectara.OperationToken,
			Detail:            response.Problem,
			RequestID:         response.RequestID,
		}
	case errors.As(err, &transport):
		fault := &Fault{
			Kind:              Unavailable,
			FromTokenEndpoint: transport.Operation == vectara.OperationToken,
			Detail:            transport.Detail,
		}
		if transport.Deadline && transport.Operation == vectara.OperationGetJob {
			fault.Detail += " (requestTimeout)" // Which setting it was: the time alone could be anybody's.
		}
		return fault
	default:
		// The client documents the errors above and no others. Its errors hold no credentials.
		return &Fault{Kind: Unavailable, Detail: err.Error()}
	}
}

func kindOfStatus(err *vectara.APIError) FaultKind {
	switch err.StatusCode {
	case http.StatusTooManyRequests:
		return RateLimited
	case http.StatusUnauthorized:
		return Unauthorized
	case http.StatusForbidden:
		return PermissionDenied
	case http.StatusNotFound:
		return NotFound
	}
	switch {
	case err.StatusCode >= 200 && err.StatusCode < 400:
		return InvalidResponse
	case err.StatusCode >= 400 && err.StatusCode < 500 && !isTransient(err.StatusCode):
		return RequestRejected
	}
	return Unavailable
}

// isTransient reports whether a 4xx is about the moment and not about the request.
func isTransient(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusConflict || status == http.StatusTooEarly
}
