// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// dripping sends the body of a job a byte at a time and spaces after it, without end. It calls a function when a few
// have arrived.
func dripping(enough func()) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := jobBody()
		for sent := 0; r.Context().Err() == nil; sent++ {
			next := " "
			if sent < len(body) {
				next = body[sent : sent+1]
			}
			if _, err := io.WriteString(w, next); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			if sent == 200 {
				enough()
			}
		}
	}
}

// hanging sends a part of the body and no more.
func hanging(sent func()) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"id":`)
		_ = http.NewResponseController(w).Flush()
		sent()
		<-r.Context().Done()
	}
}

// silent sends nothing at all.
func silent(arrived func()) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		arrived()
		<-r.Context().Done()
	}
}

// TestSlowResponsesEndWithTheDeadline leaves tokens out: their fetch outlives the caller, up to a time-out of its own.
func TestSlowResponsesEndWithTheDeadline(t *testing.T) {
	for name, slow := range map[string]func(func()) http.HandlerFunc{
		"a byte at a time": dripping, "a part of the body": hanging, "nothing": silent,
	} {
		for _, operation := range []string{OperationGetJob, OperationListJobs} {
			call := calls[operation]
			t.Run(name+", "+operation, func(t *testing.T) {
				for proto, start := range map[string]func(http.HandlerFunc) (*httptest.Server, []func(*Options)){
					"HTTP/1.1": func(h http.HandlerFunc) (*httptest.Server, []func(*Options)) { return serve(t, h), nil },
					"HTTP/2": func(h http.HandlerFunc) (*httptest.Server, []func(*Options)) {
						server := serveHTTP2(t, h)
						return server, []func(*Options){trust(server)}
					},
				} {
					ctx := newExpiring(t)
					server, options := start(slow(ctx.expire))
					err := call(ctx, clientFor(t, server.URL, options...))
					var got *TransportError
					if !errors.As(err, &got) || got.Kind != KindTimeout || got.Operation != operation {
						t.Errorf("over %s got error %#v, want a time-out of %q", proto, err, operation)
					}
				}
			})
		}
	}
}

// TestConnectTimeout has nobody answer the SYN, as behind a firewall that drops it.
func TestConnectTimeout(t *testing.T) {
	for operation, call := range calls {
		t.Run(operation, func(t *testing.T) {
			ctx := newExpiring(t)
			client := clientFor(t, "https://vectara.example", func(o *Options) {
				transport := newTransport(nil)
				transport.DialContext = func(dialing context.Context, _, _ string) (net.Conn, error) {
					ctx.expire()
					<-dialing.Done()
					return nil, &net.OpError{Op: "dial", Net: "tcp", Err: dialing.Err()}
				}
				o.Transport = transport
			})
			err := call(ctx, client)
			var got *TransportError
			if !errors.As(err, &got) || got.Kind != KindTimeout || got.Operation != operation {
				t.Errorf("got error %#v, want a time-out of %q", err, operation)
			}
		})
	}
}

// TestDialingIsGivenUp holds that a connection that cannot be made does not take all of a long deadline.
func TestDialingIsGivenUp(t *testing.T) {
	if dialTimeout > 10*time.Second || tlsHandshakeTimeout > 10*time.Second {
		t.Errorf("dialing takes up to %v and the TLS handshake up to %v, want at most 10s each", dialTimeout, tlsHandshakeTimeout)
	}
}
