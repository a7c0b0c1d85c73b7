// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

const (
	testID     = "job_3Kx9QpVn2mZr8YbLc5TdWe"
	testKey    = "zut_k3y+with/odd=&chars%"
	testSecret = "s3cret/of+the=client&%"
	testToken  = "eyJhbGciOi.J9-token_one"
	// patience is how long a test waits for what has to happen. It is only ever used up by a failure.
	patience = 20 * time.Second
)

// jobBody is the smallest body that can be believed.
func jobBody() string { return `{"id":"` + testID + `","state":"started"}` }

// serve starts a server that responds to every request alike.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// responding makes a handler of a status, a body and headers in pairs.
func responding(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// clientFor makes a client of a server, after the mutations of the options.
func clientFor(t *testing.T, server string, mutations ...func(*Options)) *Client {
	t.Helper()
	options := Options{Endpoint: server, TokenURL: server + "/oauth2/token", AllowInsecure: true}
	for _, mutate := range mutations {
		mutate(&options)
	}
	client, err := NewClient(options)
	if err != nil {
		t.Fatalf("NewClient: %v", err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func keySession(t *testing.T, server string, mutations ...func(*Options)) *Session {
	t.Helper()
	return clientFor(t, server, mutations...).NewSession(Credentials{APIKey: testKey}, nil)
}

func oauthSession(t *testing.T, server string, mutations ...func(*Options)) *Session {
	t.Helper()
	return clientFor(t, server, mutations...).NewSession(Credentials{ClientID: "app", ClientSecret: testSecret}, nil)
}

// within gives a context that lasts as long as the patience of tests.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// expiring is a context whose deadline passes when a test says so, and not by the clock of a busy machine.
type expiring struct {
	context.Context
	expire func()
}

func newExpiring(t *testing.T) *expiring {
	t.Helper()
	ctx, cancel := context.WithCancel(within(t))
	t.Cleanup(cancel)
	return &expiring{Context: ctx, expire: cancel}
}

func (e *expiring) Err() error {
	if e.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

// Deadline is always as far away, so that the time that a call has is the same on any machine.
func (e *expiring) Deadline() (time.Time, bool) { return time.Now().Add(patience), true }

// Value hides the context within from the context package, which would take the reason from that one.
func (e *expiring) Value(any) any { return nil }

// recorder keeps the requests that a server got, bodies included.
type recorder struct {
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func (r *recorder) record(request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, request)
	r.bodies = append(r.bodies, string(body))
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.requests)
}

func (r *recorder) last(t *testing.T) (*http.Request, string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.requests) == 0 {
		t.Fatal("no request arrived")
	}
	return r.requests[len(r.requests)-1], r.bodies[len(r.bodies)-1]
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	if _, err := writer.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func encoded(t testing.TB, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
