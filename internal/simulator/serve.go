// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// maxReadBody bounds what is read of a request's body, in bytes.
const maxReadBody = 1 << 20

// serve takes a request through its stages: parse, log, respond, alter, send.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.handlers.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.handlers.leave()
	began := time.Now()
	c := s.read(r)
	serial := s.log.add(s.entry(r, &c))

	status := 0
	// Deferred, because what leaves a client without a response ends in a panic.
	defer func() { s.report(r, &c, status, time.Since(began)) }()

	fault := s.faults.take(&c, s.directory.credential(&c))
	if fault == nil {
		fault = &Fault{}
	}
	res := s.compose(&c, fault)
	pause(r.Context(), s.options.Latency+fault.Delay)
	switch {
	case fault.Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case fault.Reset:
		breakConnection(r.Context())
		panic(http.ErrAbortHandler)
	}
	// Noted before the first byte goes out, so that whoever has the response also finds it in the log.
	status = res.status
	s.log.responded(serial, res.status, res.startedJob)
	res.header.Set("X-Request-Id", c.requestID)
	send(w, r, &c, res, fault)
}

// read understands a request and reads its body to the end, as only then the HTTP server notices
// when the client goes away.
func (s *Server) read(r *http.Request) call {
	c := s.route(r)
	c.requestID = s.nextRequestID()
	c.header = r.Header
	c.query, c.queryErr = url.ParseQuery(r.URL.RawQuery)
	// A body that breaks off is not JSON and no form either, so the error needs no notice.
	c.body, _ = io.ReadAll(io.LimitReader(r.Body, maxReadBody+1))
	c.tooLarge = len(c.body) > maxReadBody
	return c
}

func (s *Server) entry(r *http.Request, c *call) *Request {
	return &Request{
		At:         s.options.Now(),
		Operation:  c.op,
		Method:     r.Method,
		Path:       r.URL.EscapedPath(),
		Query:      r.URL.RawQuery,
		JobID:      c.jobID,
		Header:     r.Header.Clone(),
		Body:       c.body[:min(len(c.body), maxLoggedBody)],
		RequestID:  c.requestID,
		RemoteAddr: r.RemoteAddr,
	}
}

// report writes the log line of a request: nothing that may carry a credential is in it.
func (s *Server) report(r *http.Request, c *call, status int, took time.Duration) {
	s.options.Logger.LogAttrs(context.Background(), slog.LevelInfo, "request",
		slog.String("method", r.Method),
		slog.String("path", r.URL.EscapedPath()),
		slog.Int("status", status),
		slog.String("requestID", c.requestID),
		slog.Duration("took", took.Round(time.Microsecond)),
	)
}

// compose computes the response as altered by the fault. A fault that leaves the client without
// a response lets nothing happen either.
func (s *Server) compose(c *call, fault *Fault) response {
	if fault.silent() {
		return response{}
	}
	res := s.contents(c, fault)
	if fault.Status != 0 {
		res.status = fault.Status
	}
	if fault.ContentType != "" {
		res.header.Set("Content-Type", fault.ContentType)
	}
	if fault.RetryAfter != "" {
		res.header.Set("Retry-After", fault.RetryAfter)
	}
	for name, values := range fault.Header {
		res.header[http.CanonicalHeaderKey(name)] = values
	}
	return res
}

func (s *Server) contents(c *call, fault *Fault) response {
	own := response{
		status: http.StatusOK,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   []byte(fault.Body),
	}
	switch {
	case fault.Redirect != "":
		own.status = http.StatusTemporaryRedirect
		own.header.Set("Location", fault.Redirect)
		return own
	case fault.Body != "":
		return own
	case fault.replaces():
		return c.failure(fault.Status)
	default:
		c.fault = fault
		return s.respond(c)
	}
}

// pause lets that much real time pass. It gives the request up if the client goes away or the
// simulator is closed meanwhile.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}
