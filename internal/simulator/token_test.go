// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const (
	testClient = "client-1"
	testSecret = "secret-1"
)

func startWithClient(t *testing.T, lifetime time.Duration) *harness {
	t.Helper()
	h := startWithJob(t)
	h.AddClient(testClient, testSecret, lifetime, simulator.Access{})
	return h
}

// newToken gets a token that is good.
func (h *harness) newToken(t *testing.T) string {
	t.Helper()
	got := h.token(t, testClient, testSecret)
	value, ok := got.object(t)["access_token"].(string)
	if got.status != http.StatusOK || !ok {
		t.Fatalf("the token endpoint returned %d %s", got.status, got.body)
	}
	return value
}

// statusWith requests the job with a token.
func (h *harness) statusWith(t *testing.T, token string) int {
	t.Helper()
	return h.do(t, http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withToken(token)).status
}

func TestTokenAnswer(t *testing.T) {
	for lifetime, want := range map[time.Duration]float64{0: 1800, time.Minute: 60, 1500 * time.Millisecond: 1} {
		h := startWithClient(t, lifetime)
		got := h.token(t, testClient, testSecret)
		object := got.object(t)
		if object["token_type"] != "Bearer" || object["expires_in"] != want || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("lifetime %s: got %s with %v", lifetime, got.body, got.header)
		}
	}
}

func TestTokenRefusals(t *testing.T) {
	tests := []struct {
		name   string
		mutate func(form url.Values, header http.Header)
		status int
		code   string
	}{
		{
			name:   "a wrong secret",
			mutate: func(f url.Values, _ http.Header) { f.Set("client_secret", "wrong") },
			status: 401, code: "invalid_client",
		},
		{
			name:   "an unknown client",
			mutate: func(f url.Values, _ http.Header) { f.Set("client_id", "nobody") },
			status: 401, code: "invalid_client",
		},
		{
			name:   "another grant",
			mutate: func(f url.Values, _ http.Header) { f.Set("grant_type", "password") },
			status: 400, code: "unsupported_grant_type",
		},
		{
			name:   "no grant",
			mutate: func(f url.Values, _ http.Header) { f.Del("grant_type") },
			status: 400, code: "invalid_request",
		},
		{
			name:   "no client ID",
			mutate: func(f url.Values, _ http.Header) { f.Del("client_id") },
			status: 400, code: "invalid_request",
		},
		{
			name: "a secret in the header and not in the form",
			mutate: func(f url.Values, h http.Header) {
				f.Del("client_secret")
				h.Set("Authorization", "Basic Y2xpZW50LTE6c2VjcmV0LTE=")
			},
			status: 400, code: "invalid_request",
		},
		{
			name:   "two secrets",
			mutate: func(f url.Values, _ http.Header) { f.Add("client_secret", testSecret) },
			status: 400, code: "invalid_request",
		},
		{
			name:   "a form that says that it is JSON",
			mutate: func(_ url.Values, h http.Header) { h.Set("Content-Type", "application/json") },
			status: 400, code: "invalid_request",
		},
	}
	h := startWithClient(t, time.Minute)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {testClient}, "client_secret": {testSecret}}
			header := formHeader()
			test.mutate(form, header)
			got := h.do(t, http.MethodPost, h.TokenURL(), form.Encode(), header)
			object := got.object(t)
			if got.status != test.status || object["error"] != test.code || object["error_description"] == "" {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, test.status, test.code)
			}
		})
	}
	t.Run("a form that is malformed", func(t *testing.T) {
		if got := h.do(t, http.MethodPost, h.TokenURL(), "grant_type=%zz", formHeader()); got.status != 400 {
			t.Errorf("got %d, want 400", got.status)
		}
	})
	t.Run("a GET with everything in the query", func(t *testing.T) {
		query := "?grant_type=client_credentials&client_id=" + testClient + "&client_secret=" + testSecret
		if got := h.do(t, http.MethodGet, h.TokenURL()+query, "", nil); got.status != 405 {
			t.Errorf("got %d, want 405", got.status)
		}
	})
	t.Run("everything in the query of a POST", func(t *testing.T) {
		query := "?grant_type=client_credentials&client_id=" + testClient + "&client_secret=" + testSecret
		if got := h.do(t, http.MethodPost, h.TokenURL()+query, "", formHeader()); got.status != 400 {
			t.Errorf("got %d, want 400", got.status)
		}
	})
}

func TestTokenLife(t *testing.T) {
	tests := []struct {
		name string
		do   func(h *harness)
		want int
	}{
		{name: "is good at once", do: func(*harness) {}, want: 200},
		{name: "is good until its last moment", do: func(h *harness) { h.clock.advance(time.Minute - 1) }, want: 200},
		{name: "is refused once expired", do: func(h *harness) { h.clock.advance(time.Minute) }, want: 401},
		{name: "is refused when all are expired", do: func(h *harness) { h.ExpireTokens() }, want: 401},
		{name: "is refused when its client is removed", do: func(h *harness) { h.RemoveClient(testClient) }, want: 401},
		{
			name: "is refused when its client is replaced",
			do: func(h *harness) {
				h.AddClient(testClient, "secret-2", time.Minute, simulator.Access{})
			},
			want: 401,
		},
		{
			name: "survives other clients",
			do: func(h *harness) {
				h.AddClient("client-2", "secret-2", time.Minute, simulator.Access{})
				h.RemoveClient("client-2")
			},
			want: 200,
		},
	}
	for _, test := range tests {
		t.Run("a token "+test.name, func(t *testing.T) {
			h := startWithClient(t, time.Minute)
			token := h.newToken(t)
			test.do(h)
			if got := h.statusWith(t, token); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestATokenAfterExpiryIsGood(t *testing.T) {
	h := startWithClient(t, time.Minute)
	old := h.newToken(t)
	h.ExpireTokens()
	fresh := h.newToken(t)
	if fresh == old || h.statusWith(t, fresh) != 200 {
		t.Error("the next token has to be another, and good")
	}
}

func TestManyTokensDoNotPileUp(t *testing.T) {
	h := startWithClient(t, time.Minute)
	early := h.newToken(t)
	for range 2500 {
		h.newToken(t)
		h.clock.advance(time.Second)
	}
	if got := h.statusWith(t, h.newToken(t)); got != 200 {
		t.Errorf("the status with the latest token is %d", got)
	}
	if got := h.statusWith(t, early); got != 401 {
		t.Errorf("the status with the earliest token is %d", got)
	}
}

func TestAccessHoldsForClients(t *testing.T) {
	h := startWithClient(t, time.Minute)
	h.AddClient(testClient, testSecret, time.Minute, simulator.Access{Corpora: []string{"sales"}, RequestsPerSecond: 1})
	first, second := h.newToken(t), h.newToken(t)
	if got := h.statusWith(t, first); got != 403 {
		t.Errorf("the status of a job of another corpus is %d", got)
	}
	if got := h.statusWith(t, second); got != 429 {
		t.Errorf("two tokens of a client have to share its rate limit: got %d", got)
	}
}

func TestTokensDoNotContainTheSecret(t *testing.T) {
	h := startWithClient(t, time.Minute)
	if token := h.newToken(t); strings.Contains(token, testSecret) || len(token) < 32 {
		t.Errorf("got the token %q", token)
	}
}
