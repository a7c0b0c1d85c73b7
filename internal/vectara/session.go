// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Session talks to Vectara with one set of credentials. It is safe for concurrent use.
type Session struct {
	client   *Client
	auth     authenticator
	redactor *redactor
	invalid  error
}

// NewSession makes a Session. It connects to nothing. If the credentials are not valid, every
// call of the session returns the *CredentialsError of Validate.
//
// onTokenRequest is called before each request for an access token is sent, so that the caller can count
// it in a rate limit; it must not block. It may be nil. An API key needs no such requests.
func (c *Client) NewSession(credentials Credentials, onTokenRequest func()) *Session {
	session := &Session{client: c, invalid: credentials.Validate()}
	if credentials.APIKey != "" {
		session.redactor = newRedactor(credentials.APIKey)
		session.auth = &apiKey{key: credentials.APIKey}
		return session
	}
	session.redactor = newRedactor(credentials.ClientSecret)
	session.auth = &bearer{tokens: &tokenSource{
		host: c.tokenURL.Hostname(),
		now:  c.now,
		fetch: func(ctx context.Context) (accessToken, error) {
			if onTokenRequest != nil {
				onTokenRequest()
			}
			return session.fetchToken(ctx, credentials)
		},
	}}
	return session
}

// AlsoRedact makes the session replace former credentials in responses as it does its own: after a rotation,
// Vectara may still echo them. The last 4 keys and secrets are kept. To add the same again costs next to nothing.
// Credentials that are not valid were never sent, and are ignored: a part of a word would be replaced.
func (s *Session) AlsoRedact(credentials Credentials) {
	switch {
	case credentials.Validate() != nil:
	case credentials.APIKey != "":
		s.redactor.addFormer(credentials.APIKey)
	default:
		s.redactor.addFormer(credentials.ClientSecret)
	}
}

// Format writes "Vectara session" for every verb: the credentials stay inside.
func (s *Session) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "Vectara session") }

// GetJob gets the job with the given ID, which must match ^job_[A-Za-z0-9._~:=+-]+$ and
// have at most 512 bytes. The deadline of ctx covers the whole response; without
// one the call may take for ever.
//
// It returns an *APIError, *AuthError, *ResponseError, *TransportError, *IDError or *CredentialsError, or
// context.Canceled if ctx was cancelled.
func (s *Session) GetJob(ctx context.Context, id string) (Job, error) {
	if err := checkID(id); err != nil {
		return Job{}, err
	}
	got, err := s.get(ctx, OperationGetJob, resource(s.client.endpoint, "v2", "jobs", id))
	if err != nil {
		return Job{}, err
	}
	job, bad := decodeJob(got.body, id)
	if bad != nil {
		return Job{}, s.responseError(OperationGetJob, bad)
	}
	s.redactor.redactJob(&job)
	return job, nil
}

// ListJobs gets one page of jobs, of at most 16 MiB. The deadline of ctx covers the whole response;
// without one the call may take for ever. A job that cannot be read is left out and counted.
//
// It returns the errors of GetJob but for *IDError. A page is a *ResponseError as a whole if its list or its page
// key cannot be read: the list would seem to end there.
func (s *Session) ListJobs(ctx context.Context, query ListQuery) (Page, error) {
	target := resource(s.client.endpoint, "v2", "jobs")
	target.RawQuery = query.values().Encode()
	got, err := s.get(ctx, OperationListJobs, target)
	if err != nil {
		return Page{}, err
	}
	page, bad := decodePage(got.body)
	if bad == nil {
		bad = s.redactor.redactPage(&page)
	}
	if bad != nil {
		return Page{}, s.responseError(OperationListJobs, bad)
	}
	return page, nil
}

// get sends a GET and gives the response if it is a 200. A 401 is tried once more if there is another
// access token to try with.
func (s *Session) get(ctx context.Context, operation string, target *url.URL) (response, error) {
	if s.invalid != nil {
		return response{}, s.invalid
	}
	ctx = withTimeoutValue(ctx)
	credential, err := s.auth.credential(ctx)
	if err != nil {
		return response{}, err
	}
	got, err := s.send(ctx, operation, target, credential)
	if err == nil && got.status == http.StatusUnauthorized {
		credential, err = s.auth.replacement(ctx, credential)
		if err == nil && credential != "" {
			got, err = s.send(ctx, operation, target, credential)
		}
	}
	switch {
	case err != nil:
		return response{}, err
	case got.status != http.StatusOK:
		return response{}, s.redactor.apiError(operation, got)
	}
	return got, nil
}

// send makes one round trip.
func (s *Session) send(ctx context.Context, operation string, target *url.URL, credential string) (response, error) {
	request := (&http.Request{
		Method: http.MethodGet,
		URL:    target,
		Host:   target.Host,
		Header: make(http.Header),
	}).WithContext(ctx)
	s.auth.apply(request.Header, credential)
	if deadline, ok := ctx.Deadline(); ok {
		request.Header.Set("Request-Timeout-Millis", millisUntil(deadline))
	}
	return s.roundTrip(operation, request)
}

// millisUntil is the time that is left, in whole milliseconds; the API refuses less than 1.
func millisUntil(deadline time.Time) string {
	return strconv.FormatInt(max(1, time.Until(deadline).Milliseconds()), 10)
}

func (s *Session) responseError(operation string, bad *badResponse) error {
	return &ResponseError{
		Operation:  operation,
		StatusCode: http.StatusOK,
		Problem:    bad.problem,
		RequestID:  s.redactor.sanitize(bad.requestID, maxRequestIDLength),
	}
}
