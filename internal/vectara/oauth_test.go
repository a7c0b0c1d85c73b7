// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// tokenBody is the response of a token endpoint.
func tokenBody(token string) string {
	return `{"access_token":"` + token + `","token_type":"Bearer","expires_in":1800}`
}

// serveOAuth starts a server with a token endpoint and the job.
func serveOAuth(t *testing.T, tokens, jobs http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/oauth2/token", tokens)
	mux.HandleFunc("/v2/jobs/", jobs)
	return serve(t, mux.ServeHTTP)
}

func TestOAuthRequests(t *testing.T) {
	var tokens, jobs recorder
	server := serveOAuth(t,
		func(w http.ResponseWriter, r *http.Request) {
			tokens.record(r)
			_, _ = io.WriteString(w, tokenBody(testToken))
		},
		func(w http.ResponseWriter, r *http.Request) {
			jobs.record(r)
			_, _ = io.WriteString(w, jobBody())
		})
	session := oauthSession(t, server.URL)
	for range 3 {
		if _, err := session.GetJob(within(t), testID); err != nil {
			t.Fatal(err)
		}
	}

	if tokens.count() != 1 || jobs.count() != 3 {
		t.Errorf("got %d token requests and %d others, want 1 and 3", tokens.count(), jobs.count())
	}
	request, body := tokens.last(t)
	form, err := url.ParseQuery(body)
	want := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {testSecret}}
	if err != nil || !reflect.DeepEqual(form, want) {
		t.Errorf("got form %v, want %v", form, want)
	}
	if request.Method != http.MethodPost || request.URL.RawQuery != "" || request.Header.Get("Authorization") != "" {
		t.Errorf("got %s %s with Authorization %q", request.Method, request.URL, request.Header.Get("Authorization"))
	}
	for name, value := range map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "User-Agent": defaultUserAgent,
	} {
		if got := request.Header.Get(name); got != value {
			t.Errorf("header %s: got %q, want %q", name, got, value)
		}
	}
	job, _ := jobs.last(t)
	if got := job.Header.Get("Authorization"); got != "Bearer "+testToken || job.Header.Get("x-api-key") != "" {
		t.Errorf("got Authorization %q and x-api-key %q", got, job.Header.Get("x-api-key"))
	}
}

func TestTokenIsRefetchedOnceOnA401(t *testing.T) {
	cases := map[string]struct {
		accepted       string // the only token that the API takes
		wantErr        bool
		fetches, calls int32
	}{
		"the first token is taken":  {"token-1", false, 1, 1},
		"the second token is taken": {"token-2", false, 2, 2},
		"two are refused in a row":  {"token-3", true, 2, 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var fetches, calls atomic.Int32
			server := serveOAuth(t,
				func(w http.ResponseWriter, _ *http.Request) {
					_, _ = io.WriteString(w, tokenBody(fmt.Sprint("token-", fetches.Add(1))))
				},
				func(w http.ResponseWriter, r *http.Request) {
					calls.Add(1)
					if r.Header.Get("Authorization") != "Bearer "+tc.accepted {
						w.WriteHeader(http.StatusUnauthorized)
					}
					_, _ = io.WriteString(w, jobBody())
				})
			_, err := oauthSession(t, server.URL).GetJob(within(t), testID)
			var refused *APIError
			if got := errors.As(err, &refused) && refused.StatusCode == http.StatusUnauthorized; got != tc.wantErr {
				t.Errorf("got error %v, want a 401: %v", err, tc.wantErr)
			}
			if fetches.Load() != tc.fetches || calls.Load() != tc.calls {
				t.Errorf("got %d fetches and %d calls, want %d and %d", fetches.Load(), calls.Load(), tc.fetches, tc.calls)
			}
		})
	}
}

func TestAPIKeyIsNeverTriedTwice(t *testing.T) {
	var seen recorder
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen.record(r)
		w.WriteHeader(http.StatusUnauthorized)
	})
	_, err := keySession(t, server.URL).GetJob(within(t), testID)
	var refused *APIError
	if !errors.As(err, &refused) || refused.StatusCode != http.StatusUnauthorized || seen.count() != 1 {
		t.Errorf("got error %v after %d requests, want a 401 after 1", err, seen.count())
	}
}

func TestTokenEndpointFailures(t *testing.T) {
	refusal := `{"error":"invalid_client","error_description":"Client\nauthentication failed"}`
	cases := map[string]struct {
		status  int
		body    string
		headers []string
		want    error
		text    string
	}{
		"a refusal as specified": {
			401, refusal, nil,
			&AuthError{StatusCode: 401, Code: "invalid_client", Description: "Client authentication failed"},
			"token: 401 Unauthorized: invalid_client: Client authentication failed",
		},
		"a refusal in a 200": {
			200, refusal, nil,
			&AuthError{StatusCode: 200, Code: "invalid_client", Description: "Client authentication failed"},
			"token: 200 OK: invalid_client: Client authentication failed",
		},
		"a refusal in HTML":        {400, "<html>", nil, &AuthError{StatusCode: 400}, "token: 400 Bad Request"},
		"a refusal with a wait":    {403, "", []string{"Retry-After", "9"}, &AuthError{StatusCode: 403, RetryAfter: 9 * time.Second}, "token: 403 Forbidden"},
		"a refusal like the API's": {403, `{"messages":["no"]}`, nil, &AuthError{StatusCode: 403, Description: "no"}, "token: 403 Forbidden: no"},
		"a refusal that is long": {
			400, `{"error":"` + strings.Repeat("c", 100) + `","error_description":"` + strings.Repeat("d", 2000) + `"}`, nil,
			&AuthError{StatusCode: 400, Code: strings.Repeat("c", 64), Description: strings.Repeat("d", 1024)},
			"token: 400 Bad Request: " + strings.Repeat("c", 64) + ": " + strings.Repeat("d", 1024),
		},
		"408": {408, "", nil, &APIError{Operation: "token", StatusCode: 408}, "token: 408 Request Timeout"},
		"425": {425, "", nil, &APIError{Operation: "token", StatusCode: 425}, "token: 425 Too Early"},
		"429": {429, "", []string{"Retry-After", "5"}, &APIError{Operation: "token", StatusCode: 429, RetryAfter: 5 * time.Second}, "token: 429 Too Many Requests"},
		"500": {500, `{"messages":["oops"],"request_id":"r"}`, nil, &APIError{Operation: "token", StatusCode: 500, Messages: []string{"oops"}, RequestID: "r"}, "token: 500 Internal Server Error: oops"},
		"201": {201, tokenBody(testToken), nil, &APIError{Operation: "token", StatusCode: 201}, "token: 201 Created"},
		"not JSON": {
			200, "<hello>", nil,
			&ResponseError{Operation: "token", StatusCode: 200, Problem: "the body is not a JSON object"}, "token: 200 OK: the body is not a JSON object",
		},
		"no token": {
			200, `{"token_type":"Bearer"}`, nil,
			&ResponseError{Operation: "token", StatusCode: 200, Problem: "the body holds no access token"}, "token: 200 OK: the body holds no access token",
		},
		"a token that breaks the header": {
			200, `{"access_token":"abc\r\nX-Evil: 1"}`, nil,
			&ResponseError{Operation: "token", StatusCode: 200, Problem: "the access token does not fit into a header"}, "token: 200 OK: the access token does not fit into a header",
		},
		"a token too long for a header": {
			200, tokenBody(strings.Repeat("t", maxTokenLength+1)), nil,
			&ResponseError{Operation: "token", StatusCode: 200, Problem: "the access token does not fit into a header"}, "token: 200 OK: the access token does not fit into a header",
		},
		"a body without end": {
			200, padded(2 << 20), nil,
			&ResponseError{Operation: "token", StatusCode: 200, Problem: "the body is larger than 1 MiB"}, "token: 200 OK: the body is larger than 1 MiB",
		},
		"a body cut short": {
			200, "{", []string{"Content-Length", "100"},
			&ResponseError{Operation: "token", StatusCode: 200, Problem: "the body is cut short"}, "token: 200 OK: the body is cut short",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var jobs recorder
			server := serveOAuth(t, responding(tc.status, tc.body, tc.headers...), func(_ http.ResponseWriter, r *http.Request) { jobs.record(r) })
			_, err := oauthSession(t, server.URL).GetJob(within(t), testID)
			if !reflect.DeepEqual(err, tc.want) {
				t.Errorf("got  %#v\nwant %#v", err, tc.want)
			}
			if err == nil || err.Error() != tc.text {
				t.Errorf("got  %v\nwant %s", err, tc.text)
			}
			if jobs.count() != 0 {
				t.Error("a request was sent without a token")
			}
		})
	}
}

func TestTokenEndpointOutOfReach(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	server := serve(t, responding(http.StatusOK, jobBody()))
	_, err := oauthSession(t, server.URL, func(o *Options) { o.TokenURL = gone.URL }).GetJob(within(t), testID)
	if got := wantTransportError(t, err, KindConnect, "connection refused"); got.Operation != OperationToken {
		t.Errorf("got operation %q, want %q", got.Operation, OperationToken)
	}
}

func TestTokenResponsesThatAreTolerated(t *testing.T) {
	cases := map[string]struct {
		body        string
		contentType string
		life        time.Duration // how long the token is used
	}{
		"as specified":           {tokenBody(testToken), "application/json", 30 * time.Minute},
		"seconds as a string":    {`{"access_token":"T","expires_in":"1800"}`, "application/json", 30 * time.Minute},
		"seconds as a float":     {`{"access_token":"T","expires_in":1800.0}`, "application/json", 30 * time.Minute},
		"no seconds":             {`{"access_token":"T"}`, "application/json", time.Hour},
		"seconds of null":        {`{"access_token":"T","expires_in":null}`, "application/json", time.Hour},
		"seconds that are words": {`{"access_token":"T","expires_in":"soon"}`, "application/json", time.Hour},
		"negative seconds":       {`{"access_token":"T","expires_in":-1}`, "application/json", time.Hour},
		"seconds beyond bounds":  {`{"access_token":"T","expires_in":1e300}`, "application/json", time.Hour},
		"seconds beyond numbers": {`{"access_token":"T","expires_in":1e999}`, "application/json", time.Hour},
		"a fraction of a second": {`{"access_token":"T","expires_in":0.01}`, "application/json", time.Second},
		"fields of wrong types":  {`{"access_token":"T","token_type":7,"refresh_token":[],"scope":{}}`, "application/json", time.Hour},
		"JSON that is called text": {
			tokenBody(testToken), "text/plain", 30 * time.Minute,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			var fetches, calls atomic.Int32
			server := serveOAuth(t,
				func(w http.ResponseWriter, r *http.Request) {
					fetches.Add(1)
					responding(http.StatusOK, tc.body, "Content-Type", tc.contentType)(w, r)
				},
				func(w http.ResponseWriter, r *http.Request) {
					calls.Add(1)
					responding(http.StatusOK, jobBody())(w, r)
				})
			session := oauthSession(t, server.URL, func(o *Options) { o.Now = func() time.Time { return now } })
			// The clock stands just before nine tenths of the life, when nothing is renewed yet, and then at its end.
			start := now
			for _, step := range []struct {
				at      time.Duration
				fetches int32
			}{{0, 1}, {max(tc.life*9/10, time.Second) - time.Millisecond, 1}, {tc.life, 2}} {
				now = start.Add(step.at)
				if _, err := session.GetJob(within(t), testID); err != nil {
					t.Fatal(err)
				}
				if got := fetches.Load(); got != step.fetches {
					t.Errorf("after %v: %d fetches, want %d", step.at, got, step.fetches)
				}
			}
		})
	}
}

func TestNoTokenOrSecretLeavesThePackage(t *testing.T) {
	secrets := []string{testSecret, "first_token-12345", "second_token-12345"}
	var echo []string
	for _, secret := range secrets {
		echo = append(echo, secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte("app:"+secret)))
	}
	body := encoded(t, map[string]any{
		"id": testID, "comment": strings.Join(echo, " "), "messages": echo, "request_id": secrets[2],
		"error": testSecret, "error_description": strings.Join(echo, " "),
	})
	var fetches atomic.Int32
	give := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, tokenBody(secrets[fetches.Add(1)]))
	}
	refuse := responding(http.StatusUnauthorized, body)
	cases := map[string]struct{ tokens, jobs http.HandlerFunc }{
		"in a job after a token was replaced": {give, func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.Header.Get("Authorization"), secrets[2]) {
				refuse(w, r)
				return
			}
			responding(http.StatusOK, body)(w, r)
		}},
		"in an error after a token was replaced": {give, refuse},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			fetches.Store(0)
			job, err := oauthSession(t, serveOAuth(t, tc.tokens, tc.jobs).URL).GetJob(within(t), testID)
			wantNoneOf(t, encoded(t, job)+encoded(t, err)+fmt.Sprint(err), echo)
		})
	}
	t.Run("in a refusal of the token endpoint", func(t *testing.T) {
		_, err := oauthSession(t, serveOAuth(t, refuse, give).URL).GetJob(within(t), testID)
		wantNoneOf(t, encoded(t, err)+err.Error(), []string{testSecret, url.QueryEscape(testSecret)})
	})
}

func wantNoneOf(t *testing.T, shown string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(shown, secret) || strings.Contains(shown, strings.Trim(encoded(t, secret), `"`)) {
			t.Errorf("%q got out: %s", secret, shown)
		}
	}
	if !strings.Contains(shown, "[redacted]") {
		t.Errorf("nothing was redacted: %s", shown)
	}
}
