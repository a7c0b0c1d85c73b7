// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const (
	testKey = "test-key-0001"
	testJob = "job_3Kx9QpVn2mZr8YbLc5TdWe=="
)

// epoch is when the clocks of these tests begin.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: epoch} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// harness is a simulator with one all-powerful key, its clock, and a raw HTTP client.
type harness struct {
	*simulator.Server

	clock  *clock
	client *http.Client
}

func start(t testing.TB, options simulator.Options) *harness {
	t.Helper()
	h := &harness{clock: newClock()}
	if options.Now == nil {
		options.Now = h.clock.Now
	}
	server, err := simulator.Start(options)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(server.Close)
	h.Server = server
	h.AddAPIKey(testKey, simulator.Access{})
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	h.client = &http.Client{
		Transport:     transport,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return h
}

// reply is a response, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// object decodes the body.
func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		t.Fatalf("the body %q is not a JSON object: %v", r.body, err)
	}
	return out
}

// try sends a request and reads the response; either may fail.
func (h *harness) try(ctx context.Context, method, address, body string, header http.Header) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header = header
	response, err := h.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return reply{status: response.StatusCode, header: response.Header, body: string(read)}, err
}

func (h *harness) do(t testing.TB, method, address, body string, header http.Header) reply {
	t.Helper()
	r, err := h.try(t.Context(), method, address, body, header)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	return r
}

func withKey(key string) http.Header { return http.Header{"X-Api-Key": {key}} }

func withToken(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}}
}

// get requests an API path with the all-powerful key.
func (h *harness) get(t testing.TB, path string) reply {
	t.Helper()
	return h.do(t, http.MethodGet, h.URL()+path, "", withKey(testKey))
}

func (h *harness) getJob(t testing.TB, id string) reply {
	t.Helper()
	return h.get(t, "/v2/jobs/"+url.PathEscape(id))
}

// token requests one with a well-formed form.
func (h *harness) token(t testing.TB, client, secret string) reply {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret}}
	return h.do(t, http.MethodPost, h.TokenURL(), form.Encode(), formHeader())
}

func formHeader() http.Header {
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
}

// patience bounds the waiting of a test that is about to fail.
func patience(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
