// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestRefusals(t *testing.T) {
	const (
		job   = "/v2/jobs/" + testJob
		begin = "/v2/corpora/legal/replace_filter_attributes"
	)
	tests := []struct {
		name   string
		method string // GET when empty
		path   string
		body   string
		header http.Header // the all-powerful key when nil
		access *simulator.Access
		status int
	}{
		{name: "an unknown job", path: "/v2/jobs/job_unknown", status: 404},
		{name: "no credentials", path: job, header: http.Header{}, status: 401},
		{name: "an unknown key", path: job, header: withKey("wrong"), status: 401},
		{name: "an unknown token", path: job, header: withToken("wrong"), status: 401},
		{name: "the key as a bearer token", path: job, header: withToken(testKey), status: 401},
		{name: "another scheme", path: job, header: http.Header{"Authorization": {"Basic eDp5"}}, status: 401},
		{name: "a list without credentials", path: "/v2/jobs", header: http.Header{}, status: 401},
		{name: "a job with a denied key", path: job, access: &simulator.Access{Denied: true}, status: 403},
		{name: "an unknown job with a denied key", path: "/v2/jobs/job_unknown", access: &simulator.Access{Denied: true}, status: 403},
		{name: "a list with a denied key", path: "/v2/jobs", access: &simulator.Access{Denied: true}, status: 403},
		{name: "a start with a denied key", method: "POST", path: begin, body: "{}", access: &simulator.Access{Denied: true}, status: 403},
		{name: "a job of another corpus", path: job, access: &simulator.Access{Corpora: []string{"sales"}}, status: 403},
		{name: "a start in another corpus", method: "POST", path: begin, body: "{}", access: &simulator.Access{Corpora: []string{"sales"}}, status: 403},
		{name: "a start with no JSON", method: "POST", path: begin, body: "hello", status: 400},
		{name: "a start with a huge body", method: "POST", path: begin, body: `"` + strings.Repeat("x", 2<<20) + `"`, status: 413},
		{name: "a start in a corpus of an impossible name", method: "POST", path: "/v2/corpora/le%20gal/replace_filter_attributes", body: "{}", status: 400},
		{name: "a write to a job", method: "DELETE", path: job, status: 405},
		{name: "a post to the list", method: "POST", path: "/v2/jobs", status: 405},
		{name: "a get of a start", path: begin, status: 405},
		{name: "the root", path: "/", status: 404},
		{name: "another version", path: "/v3/jobs", status: 404},
		{name: "a path below a job", path: job + "/logs", status: 404},
		{name: "an empty ID", path: "/v2/jobs/", status: 404},
		{name: "a path that needs cleaning", path: "/v2//jobs/" + testJob, status: 404},
		{name: "a path that climbs", path: "/v2/corpora/../jobs/" + testJob, status: 404},
		{name: "a limit of zero", path: "/v2/jobs?limit=0", status: 400},
		{name: "a limit beyond the bound", path: "/v2/jobs?limit=101", status: 400},
		{name: "a limit in words", path: "/v2/jobs?limit=abc", status: 400},
		{name: "an empty limit", path: "/v2/jobs?limit=", status: 400},
		{name: "a page key that nobody gave", path: "/v2/jobs?page_key=AAAA", status: 400},
		{name: "a page key of the right length", path: "/v2/jobs?page_key=" + strings.Repeat("A", 32), status: 400},
		{name: "a page key that is not base64", path: "/v2/jobs?page_key=!!!", status: 400},
		{name: "a time that is none", path: "/v2/jobs?after=yesterday", status: 400},
		{name: "a query that is malformed", path: "/v2/jobs?state=%zz", status: 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := startWithJob(t)
			header := test.header
			if header == nil {
				header = withKey(testKey)
			}
			if test.access != nil {
				h.AddAPIKey(testKey, *test.access)
			}
			method := test.method
			if method == "" {
				method = http.MethodGet
			}
			got := h.do(t, method, h.URL()+test.path, test.body, header)
			if got.status != test.status {
				t.Fatalf("got status %d, want %d: %s", got.status, test.status, got.body)
			}
			object := got.object(t)
			if messages, ok := object["messages"].([]any); !ok || len(messages) == 0 {
				t.Errorf("the error has no messages: %s", got.body)
			}
			if id := object["request_id"]; id != got.header.Get("X-Request-Id") || id == "" {
				t.Errorf("the body's request_id is %v, the header's %q", id, got.header.Get("X-Request-Id"))
			}
			if got.status == http.StatusMethodNotAllowed && got.header.Get("Allow") == "" {
				t.Error("a 405 has to say what is allowed")
			}
		})
	}
}

// startWithJob starts a simulator that holds the base job.
func startWithJob(t *testing.T) *harness {
	t.Helper()
	h := start(t, simulator.Options{})
	h.AddJob(base())
	return h
}

func TestNotFoundNamesTheJob(t *testing.T) {
	h := start(t, simulator.Options{})
	got := h.getJob(t, "job_a=b~c/d").object(t)
	if got["id"] != "job_a=b~c/d" {
		t.Errorf("the error is about %v", got["id"])
	}
}

func TestUnauthorizedBodyMayBeAnything(t *testing.T) {
	h := start(t, simulator.Options{UnauthorizedBody: "<h1>No</h1>", UnauthorizedContentType: "text/html"})
	got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs/x", "", nil)
	if got.status != 401 || got.body != "<h1>No</h1>" || got.header.Get("Content-Type") != "text/html" {
		t.Errorf("got %d %q as %s", got.status, got.body, got.header.Get("Content-Type"))
	}
}

func TestRequestIDsAreUnique(t *testing.T) {
	h := startWithJob(t)
	seen := map[string]bool{}
	for range 20 {
		for _, path := range []string{"/v2/jobs/" + testJob, "/v2/jobs/other", "/nowhere"} {
			seen[h.get(t, path).header.Get("X-Request-Id")] = true
		}
	}
	if len(seen) != 60 || seen[""] {
		t.Errorf("60 responses have %d request IDs", len(seen))
	}
}

func TestPathPrefixIsPartOfTheAPIOnly(t *testing.T) {
	h := start(t, simulator.Options{PathPrefix: "/on prem/vectara/"})
	h.AddJob(base())
	if want := "/on%20prem/vectara"; !strings.HasSuffix(h.URL(), want) {
		t.Fatalf("URL() = %s, want it to end in %s", h.URL(), want)
	}
	if got := h.getJob(t, testJob); got.status != 200 {
		t.Errorf("under the prefix the job's status is %d", got.status)
	}
	root := strings.TrimSuffix(h.URL(), "/on%20prem/vectara")
	if got := h.do(t, http.MethodGet, root+"/v2/jobs/"+testJob, "", withKey(testKey)); got.status != 404 {
		t.Errorf("outside of the prefix the job's status is %d, want 404", got.status)
	}
	if h.TokenURL() != root+"/oauth2/token" {
		t.Errorf("TokenURL() = %s", h.TokenURL())
	}
}

func TestAnyCorpusOfAJobMayForbidIt(t *testing.T) {
	h := start(t, simulator.Options{})
	h.AddAPIKey("narrow", simulator.Access{Corpora: []string{"legal"}})
	for keys, want := range map[string]int{"": 200, "legal": 200, "sales": 403, "legal,sales": 403} {
		job := base()
		job.CorpusKeys = strings.FieldsFunc(keys, func(r rune) bool { return r == ',' })
		h.AddJob(job)
		if got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey("narrow")); got.status != want {
			t.Errorf("corpora %q: got %d, want %d", keys, got.status, want)
		}
	}
}

func TestARemovedKeyIsRefused(t *testing.T) {
	h := startWithJob(t)
	h.RemoveAPIKey(testKey)
	if got := h.getJob(t, testJob); got.status != 401 {
		t.Errorf("got %d, want 401", got.status)
	}
}

func TestRateLimitOfRequests(t *testing.T) {
	tests := []struct {
		perSecond  float64
		burst      int
		retryAfter string
		pause      time.Duration // after which one more request passes
	}{
		{perSecond: 1, burst: 1, retryAfter: "1", pause: time.Second},
		{perSecond: 5, burst: 5, retryAfter: "1", pause: 200 * time.Millisecond},
		{perSecond: 0.25, burst: 1, retryAfter: "4", pause: 4 * time.Second},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%v a second", test.perSecond), func(t *testing.T) {
			h := startWithJob(t)
			h.AddAPIKey(testKey, simulator.Access{RequestsPerSecond: test.perSecond})
			h.AddAPIKey("other", simulator.Access{RequestsPerSecond: test.perSecond})
			for i := range test.burst {
				if got := h.getJob(t, testJob); got.status != 200 {
					t.Fatalf("request %d got %d", i, got.status)
				}
			}
			got := h.getJob(t, testJob)
			if got.status != 429 || got.header.Get("Retry-After") != test.retryAfter {
				t.Errorf("beyond the rate limit: got %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
			}
			if got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey("other")); got.status != 200 {
				t.Errorf("another key pays for it: got %d", got.status)
			}
			h.clock.advance(test.pause)
			if got := h.getJob(t, testJob); got.status != 200 {
				t.Errorf("after %s: got %d", test.pause, got.status)
			}
			if got := h.getJob(t, testJob); got.status != 429 {
				t.Errorf("after %s and one request: got %d", test.pause, got.status)
			}
		})
	}
}

func TestStartingAJob(t *testing.T) {
	h := start(t, simulator.Options{})
	h.AddAPIKey(testKey, simulator.Access{Username: "jdoe"})
	got := h.do(t, http.MethodPost, h.URL()+"/v2/corpora/legal/replace_filter_attributes", `{"filter_attributes":[]}`, withKey(testKey))
	id, _ := got.object(t)["job_id"].(string)
	if got.status != 200 || !regexp.MustCompile(`^job_[A-Za-z0-9_=-]{60,70}$`).MatchString(id) {
		t.Fatalf("got %d and the ID %q", got.status, id)
	}
	job := h.getJob(t, id).object(t)
	want := map[string]any{"state": "queued", "type": "replace_filter_attributes", "created_by_username": "jdoe", "created_at": "2026-03-01T12:00:00Z"}
	for name, value := range want {
		if job[name] != value {
			t.Errorf("%s is %v, want %v", name, job[name], value)
		}
	}
	h.clock.advance(time.Minute)
	if state := h.getJob(t, id).object(t)["state"]; state != "completed" {
		t.Errorf("after a minute the job is %v", state)
	}
	if n := h.Count(simulator.OpStartJob, id); n != 1 {
		t.Errorf("Count(start-job, ID) = %d", n)
	}
	log := h.Requests(simulator.ForOperation(simulator.OpStartJob))
	if len(log) != 1 || log[0].JobID != id || string(log[0].Body) != `{"filter_attributes":[]}` {
		t.Errorf("the log has %+v", log)
	}
}

func TestStartedJobsLiveAsTheOptionsSay(t *testing.T) {
	h := start(t, simulator.Options{StartedSteps: []simulator.Step{{State: "aborted"}}})
	got := h.do(t, http.MethodPost, h.URL()+"/v2/corpora/legal/replace_filter_attributes", "{}", withKey(testKey))
	id := got.object(t)["job_id"].(string)
	if state := h.getJob(t, id).object(t)["state"]; state != "aborted" {
		t.Errorf("the job is %v", state)
	}
}
