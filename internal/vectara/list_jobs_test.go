// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

const emptyPage = `{"jobs":[],"metadata":{"page_key":null}}`

func TestListJobsReturnsWhatVectaraSaid(t *testing.T) {
	server := serve(t, responding(http.StatusOK, `{
		"jobs": [
			{"id": "`+testID+`", "type": "replace_filter_attributes", "corpus_keys": ["legal", "hr"], "state": "completed",
			 "created_at": "2026-01-02T03:04:05Z", "started_at": "2026-01-02T05:04:06.5+02:00", "completed_at": "2026-01-02t03:05:00z",
			 "created_by_username": "jdoe", "comment": "done – ✓"},
			{"state": "lost"},
			{"id": "job_2", "state": "queued"}
		],
		"metadata": {"page_key": "bmV4dA=="}}`))

	got, err := keySession(t, server.URL).ListJobs(within(t), ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	want := Page{
		Jobs: []Job{
			{
				ID:                testID,
				Type:              "replace_filter_attributes",
				CorpusKeys:        []string{"legal", "hr"},
				State:             "completed",
				CreatedAt:         time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
				StartedAt:         time.Date(2026, 1, 2, 3, 4, 6, 5e8, time.UTC),
				CompletedAt:       time.Date(2026, 1, 2, 3, 5, 0, 0, time.UTC),
				CreatedByUsername: "jdoe",
				Comment:           "done – ✓",
			},
			{ID: "job_2", State: "queued"},
		},
		NextPageKey: "bmV4dA==",
		Dropped:     1,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestListJobsQuery(t *testing.T) {
	all := url.Values{"limit": {"100"}}
	with := func(name string, values ...string) url.Values { return url.Values{"limit": {"100"}, name: values} }
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := map[string]struct {
		query ListQuery
		want  url.Values
	}{
		"the zero value":              {ListQuery{}, all},
		"no states":                   {ListQuery{States: []string{}}, all},
		"one state":                   {ListQuery{States: []string{"queued"}}, with("state", "queued")},
		"several states":              {ListQuery{States: []string{"started", "queued", "x&y=z"}}, with("state", "started", "queued", "x&y=z")},
		"a time":                      {ListQuery{CreatedAfter: at}, with("after", "2026-01-02T03:04:05Z")},
		"a time in another zone":      {ListQuery{CreatedAfter: at.In(time.FixedZone("", 19800))}, with("after", "2026-01-02T03:04:05Z")},
		"a time with a fraction":      {ListQuery{CreatedAfter: at.Add(999 * time.Millisecond)}, with("after", "2026-01-02T03:04:05Z")},
		"a page key":                  {ListQuery{PageKey: "a+b/c=&?#%é"}, with("page_key", "a+b/c=&?#%é")},
		"the smallest page":           {ListQuery{Limit: 1}, url.Values{"limit": {"1"}}},
		"the largest page":            {ListQuery{Limit: 100}, all},
		"a page beyond the largest":   {ListQuery{Limit: 101}, all},
		"a page of less than nothing": {ListQuery{Limit: -1}, all},
		"everything": {
			ListQuery{States: []string{"queued", "started"}, CreatedAfter: at, Limit: 7, PageKey: "k"},
			url.Values{"state": {"queued", "started"}, "after": {"2026-01-02T03:04:05Z"}, "limit": {"7"}, "page_key": {"k"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var seen recorder
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				seen.record(r)
				_, _ = io.WriteString(w, emptyPage)
			})
			if _, err := keySession(t, server.URL).ListJobs(within(t), tc.query); err != nil {
				t.Fatal(err)
			}
			request, _ := seen.last(t)
			if got := request.URL.Query(); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got query %v, want %v", got, tc.want)
			}
		})
	}
}

func TestListJobsRequest(t *testing.T) {
	var seen recorder
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen.record(r)
		_, _ = io.WriteString(w, emptyPage)
	})
	session := keySession(t, server.URL, func(o *Options) { o.Endpoint += "/on-prem/" })
	if _, err := session.ListJobs(within(t), ListQuery{}); err != nil {
		t.Fatal(err)
	}
	request, body := seen.last(t)
	if got, want := request.Method+" "+request.RequestURI, "GET /on-prem/v2/jobs?limit=100"; got != want {
		t.Errorf("got request %q, want %q", got, want)
	}
	if body != "" {
		t.Errorf("the request has a body: %q", body)
	}
	for name, value := range map[string]string{"x-api-key": testKey, "Accept": "application/json", "User-Agent": "vectara-job-operator"} {
		if got := request.Header.Get(name); got != value {
			t.Errorf("header %s: got %q, want %q", name, got, value)
		}
	}
	left, err := strconv.Atoi(request.Header.Get("Request-Timeout-Millis"))
	if err != nil || left < 1 || left > int(patience.Milliseconds()) {
		t.Errorf("got Request-Timeout-Millis %q", request.Header.Get("Request-Timeout-Millis"))
	}
}

func TestListJobsSendsThePageKeyBack(t *testing.T) {
	const awkward = `a+b/c==&limit=1 é"\`
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		metadata := map[string]any{"page_key": awkward}
		if r.URL.Query().Get("page_key") == awkward {
			metadata["page_key"] = nil
		}
		_, _ = io.WriteString(w, encoded(t, map[string]any{"metadata": metadata}))
	})
	session := keySession(t, server.URL)
	first, err := session.ListJobs(within(t), ListQuery{})
	if err != nil || first.NextPageKey != awkward {
		t.Fatalf("got page %+v and error %v", first, err)
	}
	second, err := session.ListJobs(within(t), ListQuery{PageKey: first.NextPageKey})
	if err != nil || second.NextPageKey != "" {
		t.Fatalf("got page %+v and error %v, want the last page", second, err)
	}
}

func TestListJobsErrors(t *testing.T) {
	failed := func(want APIError) error {
		want.Operation = OperationListJobs
		return &want
	}
	refused := func(want ResponseError) error {
		want.Operation = OperationListJobs
		return &want
	}
	const tooLarge = "the body is larger than 16 MiB"
	cases := map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"a 403": {
			responding(403, `{"messages":["No listing."],"request_id":"r-1"}`),
			failed(APIError{StatusCode: 403, Messages: []string{"No listing."}, RequestID: "r-1"}),
		},
		"a 401":            {responding(401, `{}`), failed(APIError{StatusCode: 401})},
		"a 429":            {responding(429, "", "Retry-After", "17"), failed(APIError{StatusCode: 429, RetryAfter: 17 * time.Second})},
		"a 503 of a proxy": {responding(503, "<html>"), failed(APIError{StatusCode: 503})},
		"no content":       {responding(204, ""), failed(APIError{StatusCode: 204})},
		"a redirect": {
			responding(302, "", "Location", "/login"),
			refused(ResponseError{StatusCode: 302, Problem: "redirects are not followed"}),
		},
		"not JSON": {responding(200, "<hello>"), refused(ResponseError{StatusCode: 200, Problem: problemNoObject})},
		"no list, with a request ID": {
			responding(200, `{"jobs":{},"request_id":"r-2"}`),
			refused(ResponseError{StatusCode: 200, Problem: "the jobs in the body are not a list", RequestID: "r-2"}),
		},
		"a page key with the key": {
			responding(200, `{"jobs":[],"metadata":{"page_key":"1 `+testKey+`"}}`),
			refused(ResponseError{StatusCode: 200, Problem: "the page key in the body holds a credential"}),
		},
		"declared as huge": {
			responding(200, "{", "Content-Length", strconv.Itoa(maxPageBody+1)),
			refused(ResponseError{StatusCode: 200, Problem: tooLarge}),
		},
		"endless": {endless, refused(ResponseError{StatusCode: 200, Problem: tooLarge})},
		"cut short": {
			responding(200, emptyPage, "Content-Length", "1000"),
			refused(ResponseError{StatusCode: 200, Problem: "the body is cut short"}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			page, err := keySession(t, serve(t, tc.handler).URL).ListJobs(within(t), ListQuery{})
			if !reflect.DeepEqual(err, tc.want) {
				t.Errorf("got  %#v\nwant %#v", err, tc.want)
			}
			if !reflect.DeepEqual(page, Page{}) {
				t.Errorf("the page is %+v", page)
			}
		})
	}
}

func TestListJobsEndsWithItsContext(t *testing.T) {
	arrived := make(chan struct{}, 1)
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(within(t))
		go func() {
			<-arrived
			cancel()
		}()
		_, err := keySession(t, server.URL).ListJobs(ctx, ListQuery{})
		wantCanceled(t, err)
	})
	t.Run("after the deadline", func(t *testing.T) {
		ctx := newExpiring(t)
		go func() {
			<-arrived
			ctx.expire()
		}()
		_, err := keySession(t, server.URL).ListJobs(ctx, ListQuery{})
		var broken *TransportError
		if !errors.As(err, &broken) || broken.Kind != KindTimeout || broken.Operation != OperationListJobs {
			t.Errorf("got error %v, want a time-out of %q", err, OperationListJobs)
		}
	})
}

func TestListJobsWithInvalidCredentialsSendsNothing(t *testing.T) {
	var seen recorder
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen.record(r) })
	_, err := clientFor(t, server.URL).NewSession(Credentials{}, nil).ListJobs(within(t), ListQuery{})
	var invalid *CredentialsError
	if !errors.As(err, &invalid) || seen.count() != 0 {
		t.Errorf("got error %v after %d requests, want a CredentialsError and none", err, seen.count())
	}
}

func TestListJobsTriesAnotherTokenOnce(t *testing.T) {
	var tokens, lists recorder
	mux := http.NewServeMux()
	mux.HandleFunc("/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		tokens.record(r)
		_, _ = io.WriteString(w, tokenBody(testToken+strconv.Itoa(tokens.count())))
	})
	mux.HandleFunc("/v2/jobs", func(w http.ResponseWriter, r *http.Request) {
		lists.record(r)
		if r.Header.Get("Authorization") != "Bearer "+testToken+"2" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, emptyPage)
	})
	_, err := oauthSession(t, serve(t, mux.ServeHTTP).URL).ListJobs(within(t), ListQuery{PageKey: "k"})
	if err != nil || lists.count() != 2 {
		t.Fatalf("got error %v after %d requests, want none after 2", err, lists.count())
	}
	if request, _ := lists.last(t); request.URL.Query().Get("page_key") != "k" {
		t.Errorf("the second request was for another page: %s", request.RequestURI)
	}
}

func TestNoCredentialLeavesThePackageInAPage(t *testing.T) {
	handler := responding(http.StatusOK, encoded(t, map[string]any{"jobs": []any{
		map[string]any{"id": "job_" + testKey, "state": "s " + testKey},
		map[string]any{
			"id": testID, "type": testKey, "corpus_keys": []string{"legal", testKey}, "created_by_username": url.QueryEscape(testKey),
			"comment": strings.Repeat("x", maxJobText-5) + testKey, // The bound must not cut it in two.
		},
	}}))
	page, err := keySession(t, serve(t, handler).URL).ListJobs(within(t), ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Job{
		{ID: "job_" + hidden, State: "s " + hidden},
		{
			ID: testID, Type: hidden, CorpusKeys: []string{"legal", hidden}, CreatedByUsername: hidden,
			Comment: strings.Repeat("x", maxJobText-5) + hidden[:5],
		},
	}
	if !reflect.DeepEqual(page.Jobs, want) {
		t.Errorf("got  %+v\nwant %+v", page.Jobs, want)
	}
}

func TestTheLargestPageIsRead(t *testing.T) {
	body := []byte(pageBody(MaxPageSize, maxCorpusKeys, "next"))
	exact := append(body, bytes.Repeat([]byte(" "), maxPageBody-len(body))...)
	cases := map[string]http.HandlerFunc{
		"of exactly 16 MiB": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(exact) },
		"in gzip":           func(w http.ResponseWriter, _ *http.Request) { writeZipped(w, zipped(t, body)) },
	}
	for name, handler := range cases {
		t.Run(name, func(t *testing.T) {
			page, err := keySession(t, serve(t, handler).URL).ListJobs(within(t), ListQuery{})
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Jobs) != MaxPageSize || page.Dropped != 0 || page.NextPageKey != "next" {
				t.Fatalf("got %d jobs, %d dropped and page key %q", len(page.Jobs), page.Dropped, page.NextPageKey)
			}
			for _, job := range page.Jobs {
				if len(job.CorpusKeys) != maxCorpusKeys {
					t.Errorf("%s has %d corpora", job.ID, len(job.CorpusKeys))
				}
			}
		})
	}
}
