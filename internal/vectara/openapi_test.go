// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// description is testdata/openapi.yaml, ready to check traffic against.
type description struct{ router routers.Router }

func loadDescription(t *testing.T) description {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromFile("testdata/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document.Servers = nil // The servers of tests are elsewhere.
	router, err := legacy.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return description{router}
}

// check passes a request on to a handler, and reports whatever of the two sides does not match the description.
func (d description) check(t *testing.T, handler http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		request, err := d.request(r)
		if err != nil {
			t.Errorf("%s %s: the request does not match: %v", r.Method, r.URL, err)
			http.Error(w, "see the test's log", http.StatusTeapot)
			return
		}
		recorded := httptest.NewRecorder()
		handler.ServeHTTP(recorded, r)
		if err := d.response(request, recorded); err != nil {
			t.Errorf("%s %s: the response does not match: %v", r.Method, r.URL, err)
		}
		w.Header().Set("Content-Type", recorded.Header().Get("Content-Type"))
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(recorded.Body.Bytes())
	}
}

func (d description) request(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, parameters, err := d.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	input := &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: parameters,
		Route:      route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:                authenticated,
			IncludeResponseStatus:             true,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
		},
	}
	return input, openapi3filter.ValidateRequest(r.Context(), input)
}

func (d description) response(request *openapi3filter.RequestValidationInput, recorded *httptest.ResponseRecorder) error {
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request,
		Status:                 recorded.Code,
		Header:                 recorded.Header(),
		Body:                   io.NopCloser(bytes.NewReader(recorded.Body.Bytes())),
		Options:                request.Options,
	})
}

// authenticated holds a request to the security scheme that it is checked for.
func authenticated(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	header := input.RequestValidationInput.Request.Header
	switch input.SecuritySchemeName {
	case "apiKey":
		if header.Get("x-api-key") == testKey && header.Get("Authorization") == "" {
			return nil
		}
	case "bearer":
		if header.Get("Authorization") == "Bearer "+testToken && header.Get("x-api-key") == "" {
			return nil
		}
	}
	return errors.New("the credentials are not there, or not alone")
}

func TestTrafficMatchesTheDescription(t *testing.T) {
	const asJSON = "application/json"
	full := encoded(t, map[string]any{
		"id": testID, "type": "bulk_delete_documents", "state": "failed_will_retry", "corpus_keys": []string{"legal", "a_b=c-1"},
		"created_at": "2026-01-02T03:04:05Z", "started_at": "2026-01-02T03:04:05.678+02:00", "created_by_username": "jdoe", "comment": "hm",
	})
	cases := map[string]struct {
		status int
		body   string
		want   string // the error's text; empty means that a job is returned
	}{
		"a job with all fields":     {200, full, ""},
		"a job with nothing":        {200, `{"id":"` + testID + `"}`, ""},
		"a job with an unknown":     {200, `{"id":"` + testID + `","state":"paused","shoe_size":44}`, ""},
		"a job that is forbidden":   {403, `{"messages":["no"],"request_id":"r"}`, "get job: 403 Forbidden: no"},
		"an error with nothing":     {403, `{}`, "get job: 403 Forbidden"},
		"a job that does not exist": {404, `{"id":"` + testID + `","messages":["gone"]}`, "get job: 404 Not Found: gone"},
	}
	for kind, newSession := range bothSessions {
		for name, tc := range cases {
			t.Run(name+" by "+kind, func(t *testing.T) {
				mux := http.NewServeMux()
				mux.Handle("/oauth2/token", responding(http.StatusOK, tokenBody(testToken), "Content-Type", asJSON))
				mux.Handle("/v2/jobs/", responding(tc.status, tc.body, "Content-Type", asJSON))
				server := serve(t, loadDescription(t).check(t, mux))

				job, err := newSession(t, server.URL).GetJob(within(t), testID)
				if got := errorText(err); got != tc.want {
					t.Errorf("got error %q, want %q", got, tc.want)
				}
				if err == nil && job.ID != testID {
					t.Errorf("got job %+v", job)
				}
			})
		}
	}
	for name, tc := range map[string]struct {
		status int
		want   string
	}{
		"a token refused with 400": {400, "token: 400 Bad Request: invalid_client: who?"},
		"a token refused with 401": {401, "token: 401 Unauthorized: invalid_client: who?"},
	} {
		t.Run(name, func(t *testing.T) {
			refusal := responding(tc.status, `{"error":"invalid_client","error_description":"who?"}`, "Content-Type", asJSON)
			server := serve(t, loadDescription(t).check(t, refusal))
			_, err := oauthSession(t, server.URL).GetJob(within(t), testID)
			if got := errorText(err); got != tc.want {
				t.Errorf("got error %q, want %q", got, tc.want)
			}
		})
	}
}

func TestListTrafficMatchesTheDescription(t *testing.T) {
	const job = `{"id":"` + testID + `","state":"queued","corpus_keys":["legal"],"created_at":"2026-01-02T03:04:05Z"}`
	query := ListQuery{
		States:       []string{"queued", "failed_will_retry"},
		CreatedAfter: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)),
		Limit:        2,
		PageKey:      "a/b+c==",
	}
	cases := map[string]struct {
		query  ListQuery
		status int
		body   string
		want   string // the page in short, or the error's text
	}{
		"the first page of all":        {ListQuery{}, 200, `{"jobs":[` + job + `],"metadata":{"page_key":"k"}}`, "1 jobs, then k"},
		"a page by all filters":        {query, 200, `{"jobs":[` + job + `,` + job + `],"metadata":{"page_key":"k"}}`, "2 jobs, then k"},
		"the last page, ended by null": {query, 200, `{"jobs":[` + job + `],"metadata":{"page_key":null}}`, "1 jobs, then "},
		"the last page, ended by \"\"": {query, 200, `{"jobs":[` + job + `],"metadata":{"page_key":""}}`, "1 jobs, then "},
		"the last page, without a key": {query, 200, `{"jobs":[],"metadata":{}}`, "0 jobs, then "},
		"a page of nothing":            {query, 200, `{}`, "0 jobs, then "},
		"a list that is forbidden":     {query, 403, `{"messages":["no"]}`, "list jobs: 403 Forbidden: no"},
	}
	for kind, newSession := range bothSessions {
		for name, tc := range cases {
			t.Run(name+" by "+kind, func(t *testing.T) {
				mux := http.NewServeMux()
				mux.Handle("/oauth2/token", responding(http.StatusOK, tokenBody(testToken), "Content-Type", "application/json"))
				mux.Handle("/v2/jobs", responding(tc.status, tc.body, "Content-Type", "application/json"))
				server := serve(t, loadDescription(t).check(t, mux))

				page, err := newSession(t, server.URL).ListJobs(within(t), tc.query)
				got := fmt.Sprintf("%d jobs, then %s", len(page.Jobs), page.NextPageKey)
				if err != nil {
					got = err.Error()
				}
				if got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		}
	}
}

// bothSessions make a session by each kind of credentials.
var bothSessions = map[string]func(*testing.T, string, ...func(*Options)) *Session{"API key": keySession, "OAuth": oauthSession}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestTheDescriptionRefuses shows that the test above can fail.
func TestTheDescriptionRefuses(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	cases := map[string]struct {
		method, path, body string
		headers            []string
	}{
		"no credentials":              {"GET", "/v2/jobs/" + testID, "", nil},
		"an ID that cannot be":        {"GET", "/v2/jobs/corpora", "", []string{"x-api-key", testKey}},
		"a path that is not there":    {"GET", "/v2/job/" + testID, "", []string{"x-api-key", testKey}},
		"a time-out below the least":  {"GET", "/v2/jobs/" + testID, "", []string{"x-api-key", testKey, "Request-Timeout-Millis", "0"}},
		"a time-out with a fraction":  {"GET", "/v2/jobs/" + testID, "", []string{"x-api-key", testKey, "Request-Timeout-Millis", "1.5"}},
		"a page larger than the most": {"GET", "/v2/jobs?limit=101", "", []string{"x-api-key", testKey}},
		"a time without a zone":       {"GET", "/v2/jobs?after=2026-01-02T03:04:05", "", []string{"x-api-key", testKey}},
		"another grant":               {"POST", "/oauth2/token", "grant_type=password&client_id=a&client_secret=b", []string{"Content-Type", form}},
		"no secret":                   {"POST", "/oauth2/token", "grant_type=client_credentials&client_id=a", []string{"Content-Type", form}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequest(tc.method, tc.path, strings.NewReader(tc.body))
			for i := 0; i < len(tc.headers); i += 2 {
				request.Header.Set(tc.headers[i], tc.headers[i+1])
			}
			if _, err := loadDescription(t).request(request); err == nil {
				t.Error("the request matches")
			}
		})
	}
}
