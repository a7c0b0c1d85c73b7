// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestGetJobReturnsWhatVectaraSaid(t *testing.T) {
	server := serve(t, responding(http.StatusOK, `{
		"id": "`+testID+`", "type": "replace_filter_attributes", "corpus_keys": ["legal", "hr"], "state": "completed",
		"created_at": "2026-01-02T03:04:05Z", "started_at": "2026-01-02T05:04:06.5+02:00", "completed_at": "2026-01-02t03:05:00z",
		"created_by_username": "jdoe", "comment": "done – ✓"}`))

	got, err := keySession(t, server.URL).GetJob(within(t), testID)
	if err != nil {
		t.Fatal(err)
	}
	want := Job{
		ID:                testID,
		Type:              "replace_filter_attributes",
		CorpusKeys:        []string{"legal", "hr"},
		State:             "completed",
		CreatedAt:         time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		StartedAt:         time.Date(2026, 1, 2, 3, 4, 6, 5e8, time.UTC),
		CompletedAt:       time.Date(2026, 1, 2, 3, 5, 0, 0, time.UTC),
		CreatedByUsername: "jdoe",
		Comment:           "done – ✓",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestGetJobRequest(t *testing.T) {
	var seen recorder
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen.record(r)
		_, _ = io.WriteString(w, jobBody())
	})
	session := keySession(t, server.URL, func(o *Options) {
		o.Endpoint += "/on-prem/"
		o.UserAgent = "vectara-job-operator/v1.2.3 (linux)"
	})

	if _, err := session.GetJob(context.Background(), testID); err != nil {
		t.Fatal(err)
	}
	request, body := seen.last(t)
	if got, want := request.Method+" "+request.RequestURI, "GET /on-prem/v2/jobs/"+testID; got != want {
		t.Errorf("got request %q, want %q", got, want)
	}
	if body != "" {
		t.Errorf("the request has a body: %q", body)
	}
	want := map[string]string{
		"x-api-key":              testKey,
		"Accept":                 "application/json",
		"User-Agent":             "vectara-job-operator/v1.2.3 (linux)",
		"Authorization":          "",
		"Request-Timeout":        "",
		"Request-Timeout-Millis": "",
	}
	for name, value := range want {
		if got := request.Header.Get(name); got != value {
			t.Errorf("header %s: got %q, want %q", name, got, value)
		}
	}
}

// transportFunc responds to requests without a network.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func TestRequestTimeoutMillisIsTheTimeLeft(t *testing.T) {
	cases := map[string]struct {
		timeout time.Duration
		want    string
	}{
		"ten seconds":                 {10 * time.Second, "10000"},
		"whole milliseconds are left": {1999900 * time.Microsecond, "1999"},
		"never less than one":         {300 * time.Microsecond, "1"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got string
				session := keySession(t, DefaultEndpoint, func(o *Options) {
					o.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
						got = r.Header.Get("Request-Timeout-Millis")
						return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(jobBody()))}, nil
					})
				})
				ctx, cancel := context.WithTimeout(t.Context(), tc.timeout)
				defer cancel()
				if _, err := session.GetJob(ctx, testID); err != nil {
					t.Fatal(err)
				}
				if got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		})
	}
}

func TestGetJobRefusesIDsThatCannotBe(t *testing.T) {
	var seen recorder
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen.record(r) })
	session := keySession(t, server.URL)
	cases := map[string]string{
		"nothing":             "",
		"no prefix":           "3Kx9QpVn2m",
		"nothing but prefix":  "job_",
		"a prefix in capital": "JOB_1",
		"a path":              "job_../../corpora",
		"an escaped path":     "job_..%2F..%2Fcorpora",
		"a backslash":         `job_..\corpora`,
		"a query":             "job_1?limit=100",
		"a fragment":          "job_1#x",
		"a space":             "job_1 2",
		"a newline at end":    "job_1\n",
		"not ASCII":           "job_é",
		"not UTF-8":           "job_\xff",
		"a NUL":               "job_\x00",
		"too long":            "job_" + strings.Repeat("a", 509),
	}
	for name, id := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := session.GetJob(within(t), id)
			var refused *IDError
			if !errors.As(err, &refused) {
				t.Errorf("got error %v, want an IDError", err)
			}
		})
	}
	if seen.count() != 0 {
		t.Errorf("%d requests were sent", seen.count())
	}
}

func TestGetJobAcceptsAllThatAnIDMayHold(t *testing.T) {
	for _, id := range []string{"job_1", "job_a.b~c:d=e+f-g_H9", "job_..", "job_" + strings.Repeat("a", 508)} {
		var path string
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			path = r.RequestURI
			_, _ = io.WriteString(w, `{"id":`+strconv.Quote(id)+`}`)
		})
		job, err := keySession(t, server.URL).GetJob(within(t), id)
		if err != nil || job.ID != id || path != "/v2/jobs/"+id {
			t.Errorf("%s: got job %q by path %q and error %v", id, job.ID, path, err)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	cases := map[string]http.HandlerFunc{
		"after a job":              responding(http.StatusOK, jobBody()),
		"after an error":           responding(http.StatusNotFound, `{"messages":["no such job"]}`),
		"after a long error":       responding(http.StatusBadGateway, strings.Repeat("x", maxErrorBody+maxDrain/2)),
		"after a redirect":         responding(http.StatusFound, strings.Repeat("x", 1000), "Location", "/elsewhere"),
		"after a body not JSON":    responding(http.StatusOK, "<html>"),
		"after a response in gzip": func(w http.ResponseWriter, _ *http.Request) { writeZipped(w, jobBodyZipped) },
	}
	for name, handler := range cases {
		t.Run(name, func(t *testing.T) {
			remotes := map[string]bool{}
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				remotes[r.RemoteAddr] = true // Requests come one after the other.
				handler(w, r)
			})
			session := keySession(t, server.URL)
			for range 5 {
				_, _ = session.GetJob(within(t), testID)
			}
			if len(remotes) != 1 {
				t.Errorf("5 requests took %d connections", len(remotes))
			}
		})
	}
}

func TestGetJobOverHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Proto", r.Proto)
		if r.ProtoMajor != 2 {
			w.WriteHeader(http.StatusHTTPVersionNotSupported)
		}
		_, _ = io.WriteString(w, jobBody())
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	session := keySession(t, server.URL, trust(server))
	if _, err := session.GetJob(within(t), testID); err != nil {
		t.Fatal(err)
	}
}

func TestNoCredentialLeavesThePackage(t *testing.T) {
	echoes := map[string]string{
		"as it is":                testKey,
		"escaped for a query":     "zut_k3y%2Bwith%2Fodd%3D%26chars%25",
		"escaped in lower case":   "zut_k3y%2bwith%2fodd%3d%26chars%25",
		"escaped for a path":      "zut_k3y+with%2Fodd=&chars%25",
		"in base64":               base64.StdEncoding.EncodeToString([]byte(testKey)),
		"in base64 for URLs":      base64.RawURLEncoding.EncodeToString([]byte(testKey)),
		"in base64 with a user":   base64.StdEncoding.EncodeToString([]byte("app:" + testKey)),
		"in base64 amid others":   base64.StdEncoding.EncodeToString([]byte("12345" + testKey + "67")),
		"in JSON within the JSON": `zut_k3y+with/odd=\u0026chars%`,
	}
	for name, echo := range echoes {
		t.Run(name, func(t *testing.T) {
			// The echo stands where a truncation would cut it in two.
			long := strings.Repeat("x", maxMessageLength-len(echo)/2) + echo
			handlers := []http.HandlerFunc{
				responding(http.StatusOK, encoded(t, map[string]any{
					"id": testID, "type": "t " + echo, "state": "s " + echo, "corpus_keys": []string{echo, "c" + echo},
					"created_by_username": "u " + echo, "comment": long + " " + echo,
				})),
				responding(http.StatusForbidden, encoded(t, map[string]any{
					"messages": []string{"no: " + echo, long}, "request_id": strings.Repeat("r", maxRequestIDLength-6) + echo,
				})),
				responding(http.StatusOK, encoded(t, map[string]any{"id": echo, "request_id": "r " + echo})),
			}
			for _, handler := range handlers {
				job, err := keySession(t, serve(t, handler).URL).GetJob(within(t), testID)
				shown := encoded(t, job) + encoded(t, err)
				if err != nil {
					shown += err.Error()
				}
				// Half of it is what a truncation before the redaction would leave.
				for _, leak := range []string{echo, echo[:len(echo)/2], testKey} {
					if strings.Contains(shown, leak) || strings.Contains(shown, encoded(t, leak)) {
						t.Errorf("%q got out: %s", leak, shown)
					}
				}
				if !strings.Contains(shown, "[redacted]") {
					t.Errorf("nothing was redacted: %s", shown)
				}
			}
		})
	}
}
