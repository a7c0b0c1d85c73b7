// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Operations as they appear in errors.
const (
	// OperationGetJob is GET /v2/jobs/{job_id}.
	OperationGetJob = "get job"
	// OperationListJobs is GET /v2/jobs.
	OperationListJobs = "list jobs"
	// OperationToken is the request for an access token (RFC 6749, section 4.4).
	OperationToken = "token"
)

// APIError says that the API responded with a status other than 200 that is not a
// redirect. The token endpoint's 408, 425, 429 and 5xx are APIErrors too, with
// OperationToken: they say nothing about the credentials.
//
// Error is made of the operation, the status and the messages, and so stays the same for as
// long as Vectara says the same. RequestID and RetryAfter differ from response to
// response and are left out of it.
type APIError struct {
	// Operation is one of the Operation constants.
	Operation string
	// StatusCode is the HTTP status, 200 excluded.
	StatusCode int
	// Messages are Vectara's own words: at most 10, each at most 1 KiB of valid UTF-8
	// on one line. Empty if the body held none.
	Messages []string
	// RequestID is the request_id of the body, at most 128 bytes; empty if it had none.
	RequestID string
	// RetryAfter is the wait that the response requested, between 1 s and 1 h; 0 if it
	// requested none.
	RetryAfter time.Duration
}

// Error implements error.
func (e *APIError) Error() string {
	return sentence(e.Operation, status(e.StatusCode), strings.Join(e.Messages, "; "))
}

// AuthError says that the token endpoint refused the credentials: it responded with a
// 4xx other than 408, 425 and 429, or with an OAuth error in a 200.
type AuthError struct {
	// StatusCode is the HTTP status of the token endpoint's response.
	StatusCode int
	// Code is the error code of RFC 6749, section 5.2, such as "invalid_client": at
	// most 64 bytes, empty if the response had none.
	Code string
	// Description is the endpoint's explanation, at most 1 KiB of valid UTF-8 on one
	// line; empty if the response had none.
	Description string
	// RetryAfter is the wait that the response requested, between 1 s and 1 h; 0 if it
	// requested none.
	RetryAfter time.Duration
}

// Error implements error.
func (e *AuthError) Error() string {
	return sentence(OperationToken, status(e.StatusCode), e.Code, e.Description)
}

// ResponseError says that a response arrived that cannot be believed: a redirect, headers that are
// too large, a body that is too large, cut short or not JSON, another job's, or a page without a
// readable list and page key.
type ResponseError struct {
	// Operation is one of the Operation constants.
	Operation string
	// StatusCode is the HTTP status of the response; 0 if it could not be read.
	StatusCode int
	// Problem says what is wrong with the response. It is this package's own sentence and
	// quotes nothing of the response.
	Problem string
	// RequestID is the request_id of the body, at most 128 bytes; mostly empty.
	RequestID string
}

// Error implements error.
func (e *ResponseError) Error() string {
	if e.StatusCode == 0 {
		return sentence(e.Operation, e.Problem)
	}
	return sentence(e.Operation, status(e.StatusCode), e.Problem)
}

// IDError says that a job ID was refused before any request was made, since it does
// not match ^job_[A-Za-z0-9._~:=+-]+$ or is longer than 512 bytes. The ID itself is
// left out: the caller has it, and it may be anything.
type IDError struct{}

// Error implements error.
func (*IDError) Error() string {
	return "invalid job ID: expected job_ followed by letters, digits or any of . _ ~ : = + -, and at most 512 bytes"
}

// sentence joins the parts that are not empty.
func sentence(parts ...string) string {
	said := parts[:0]
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, ": ")
}

// status words an HTTP status without the server's own reason phrase, which could be
// anything.
func status(code int) string {
	if text := http.StatusText(code); text != "" {
		return fmt.Sprintf("%d %s", code, text)
	}
	return fmt.Sprintf("status %d", code)
}
