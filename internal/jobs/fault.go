// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// FaultKind says what kind of trouble kept Vectara from answering with the job. It decides what to do next.
type FaultKind string

const (
	// PermissionDenied is a 403: the credentials are good, but may not see the job.
	PermissionDenied FaultKind = "PermissionDenied"
	// NotFound is a 404.
	NotFound FaultKind = "NotFound"
	// Unauthorized is a 401, or a token endpoint that refuses the client. It concerns all jobs of the credentials.
	Unauthorized FaultKind = "Unauthorized"
	// RateLimited is a 429. It concerns all jobs of the credentials.
	RateLimited FaultKind = "RateLimited"
	// Unavailable is everything that waiting may heal: no answer, or a status that says nothing of the job.
	Unavailable FaultKind = "Unavailable"
	// InvalidResponse is an answer that cannot be believed.
	InvalidResponse FaultKind = "InvalidResponse"
)

// Fault is why a call did not bring the job. It holds no credentials.
type Fault struct {
	Kind FaultKind
	// StatusCode is the HTTP status of the answer; 0 when there was none.
	StatusCode int
	// FromTokenEndpoint is true when the trouble arose while an access token was being fetched.
	FromTokenEndpoint bool
	// Detail is the client's own sentence, stable for as long as the trouble is the same. Empty when the status code
	// and Vectara's words say it all.
	Detail string
	// Words are Vectara's own words, bounded by the client.
	Words []string
	// RequestID is Vectara's name for the request, for its support; empty when it gave none.
	RequestID string
	// RetryAfter is the pause that Vectara asked for, 1 s to 1 h; 0 when it asked for none.
	RetryAfter time.Duration
}

// Is reports whether two faults say the same. The request ID differs from answer to answer and the pause runs down;
// neither makes another fault.
func (f *Fault) Is(other *Fault) bool {
	if f == nil || other == nil {
		return f == other
	}
	return f.Kind == other.Kind && f.StatusCode == other.StatusCode && f.FromTokenEndpoint == other.FromTokenEndpoint &&
		f.Detail == other.Detail && slices.Equal(f.Words, other.Words)
}

// concernsSession reports whether the fault holds for every job of the session, so that asking for another one would
// bring nothing.
func (f *Fault) concernsSession() bool {
	return f != nil && (f.Kind == Unauthorized || f.Kind == RateLimited)
}

// classify tells what an error of the client means. A cancelled call means nothing, and gives nil.
func classify(err error) *Fault {
	if errors.Is(err, context.Canceled) {
		return nil
	}
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
		return &Fault{
			Kind:              Unavailable,
			FromTokenEndpoint: transport.Operation == vectara.OperationToken,
			Detail:            transport.Detail,
		}
	default:
		// The client promises the errors above and no others. What it may return one day is shown as it is: its
		// errors hold no credentials.
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
	if err.StatusCode >= 200 && err.StatusCode < 400 {
		return InvalidResponse
	}
	return Unavailable
}
