// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// response is a response that was read to its end.
type response struct {
	status     int
	retryAfter time.Duration
	body       []byte
}

// roundTrip sends a request and reads the response, both within the deadline of the request's context. It
// uses the transport directly and not through an http.Client. That would follow redirects to other
// hosts and take x-api-key, or the body of a POST, along; a transport never follows any.
//
// A response with a status other than 200 is no error here; its body is nil if it is too large or could
// not be read.
func (s *Session) roundTrip(operation string, request *http.Request) (response, error) {
	began := time.Now()
	got, err := s.sendAndRead(operation, request)
	if errors.Is(err, context.Canceled) {
		return got, err // Nobody waits for it any more, and it says nothing about Vectara.
	}
	status := got.status
	var refused *ResponseError
	if errors.As(err, &refused) {
		status = refused.StatusCode
	}
	s.client.observe(RoundTrip{Operation: operation, StatusCode: status, Duration: time.Since(began)})
	return got, err
}

func (s *Session) sendAndRead(operation string, request *http.Request) (response, error) {
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request = request.WithContext(ctx)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", s.client.userAgent)

	raw, err := s.client.transport.RoundTrip(request)
	if err != nil {
		return response{}, s.failure(request, operation, err, connected.Load())
	}
	defer discard(raw.Body)
	return s.read(request, operation, raw)
}

// read reads the body of a response, and refuses a response that the API cannot have meant.
func (s *Session) read(request *http.Request, operation string, raw *http.Response) (response, error) {
	ctx := request.Context()
	got := response{
		status:     raw.StatusCode,
		retryAfter: parseRetryAfter(raw.Header, s.client.now()),
	}
	refuse := func(problem string) (response, error) {
		return response{}, &ResponseError{Operation: operation, StatusCode: got.status, Problem: problem}
	}
	switch {
	case got.status < http.StatusOK:
		_ = raw.Body.Close() // It is the bare connection, on which no deadline holds.
		return refuse("the server wants to leave HTTP")
	case got.status >= 300 && got.status < 400:
		return refuse("redirects are not followed")
	case got.status != http.StatusOK:
		got.body, _ = readBody(raw.Body, raw.ContentLength, maxErrorBody)
		if errors.Is(ctx.Err(), context.Canceled) {
			return response{}, context.Canceled
		}
		return got, nil
	case isOtherThanJSON(raw.Header.Get("Content-Type")):
		return refuse("the body is not JSON, by its Content-Type")
	}
	limit := maxBody(operation)
	var err error
	got.body, err = readBody(raw.Body, raw.ContentLength, limit)
	if err == nil {
		return got, nil
	}
	if problem := bodyProblem(err, limit); problem != "" && ctx.Err() == nil {
		return refuse(problem)
	}
	return response{}, s.failure(request, operation, err, true)
}

// bodyProblem words an error in reading a body that is the fault of what was sent, not of the connection. limit
// is how long the body may be.
func bodyProblem(err error, limit int) string {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, errBodyTooLarge):
		return fmt.Sprintf("the body is larger than %d MiB", limit>>20)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the body is cut short"
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return "the body cannot be decompressed"
	default:
		return ""
	}
}
