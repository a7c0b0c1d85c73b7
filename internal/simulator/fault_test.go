// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestFaultAnswers(t *testing.T) {
	tests := []struct {
		name   string
		fault  simulator.Fault
		status int
		header map[string]string
		body   string // contained in the body
	}{
		{
			name:  "a status has a fitting error",
			fault: simulator.Fault{Status: 503}, status: 503,
			header: map[string]string{"Content-Type": "application/json"},
			body:   `{"messages":["Simulated fault: 503 Service Unavailable."],"request_id":"sim-`,
		},
		{
			name:  "a 404 names the job",
			fault: simulator.Fault{Status: 404}, status: 404,
			body: `"id":"` + testJob + `"`,
		},
		{
			name:  "a body is sent as it is",
			fault: simulator.Fault{Status: 502, Body: "<html>Bad gateway</html>", ContentType: "text/html"}, status: 502,
			header: map[string]string{"Content-Type": "text/html"},
			body:   "<html>Bad gateway</html>",
		},
		{
			name:  "a body alone is a 200",
			fault: simulator.Fault{Body: `{"id":null}`}, status: 200,
			body: `{"id":null}`,
		},
		{
			name:  "a status below 400 leaves the rest of the response",
			fault: simulator.Fault{Status: 203}, status: 203,
			body: `"state":"queued"`,
		},
		{
			name:  "a 204 has no body",
			fault: simulator.Fault{Status: 204}, status: 204,
		},
		{
			name:  "Retry-After is sent as it is",
			fault: simulator.Fault{Status: 429, RetryAfter: "soon"}, status: 429,
			header: map[string]string{"Retry-After": "soon"},
		},
		{
			name:  "headers are added to the proper response",
			fault: simulator.Fault{Header: http.Header{"x-extra": {"1"}}}, status: 200,
			header: map[string]string{"X-Extra": "1"},
			body:   `"state":"queued"`,
		},
		{
			name:  "a redirect is a 307",
			fault: simulator.Fault{Redirect: "https://elsewhere.example/"}, status: 307,
			header: map[string]string{"Location": "https://elsewhere.example/"},
		},
		{
			name:  "a redirect may have another status",
			fault: simulator.Fault{Redirect: "/elsewhere", Status: 301}, status: 301,
			header: map[string]string{"Location": "/elsewhere"},
		},
		{
			name:  "a delay ends in the proper response",
			fault: simulator.Fault{Delay: time.Millisecond}, status: 200,
			body: `"state":"queued"`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := startWithJob(t)
			h.Inject(test.fault)
			got := h.getJob(t, testJob)
			if got.status != test.status || !strings.Contains(got.body, test.body) {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, test.status, test.body)
			}
			for name, want := range test.header {
				if value := got.header.Get(name); value != want {
					t.Errorf("header %s is %q, want %q", name, value, want)
				}
			}
		})
	}
}

func TestFaultsOfTheTokenEndpointSpeakOAuth(t *testing.T) {
	h := startWithClient(t, time.Minute)
	for status, want := range map[int]string{
		400: "invalid_request", 401: "invalid_client", 403: "access_denied",
		429: "temporarily_unavailable", 500: "server_error", 503: "temporarily_unavailable",
	} {
		h.Inject(simulator.Fault{Operation: simulator.OpToken, Status: status, Times: 1})
		got := h.token(t, testClient, testSecret)
		if got.status != status || got.object(t)["error"] != want {
			t.Errorf("got %d %s, want %d %s", got.status, got.body, status, want)
		}
	}
}

func TestWhichRequestsAFaultHits(t *testing.T) {
	const other = "job_other"
	tests := []struct {
		name   string
		faults []simulator.Fault
		want   []int // statuses of: the job, the job, the list, the other job, the job
	}{
		{name: "none without a fault", want: []int{200, 200, 200, 200, 200}},
		{name: "all", faults: []simulator.Fault{{Status: 500}}, want: []int{500, 500, 500, 500, 500}},
		{name: "one", faults: []simulator.Fault{{Status: 500, Times: 1}}, want: []int{500, 200, 200, 200, 200}},
		{name: "one after two", faults: []simulator.Fault{{Status: 500, Times: 1, After: 2}}, want: []int{200, 200, 500, 200, 200}},
		{name: "one operation", faults: []simulator.Fault{{Status: 500, Operation: simulator.OpListJobs}}, want: []int{200, 200, 500, 200, 200}},
		{name: "one job", faults: []simulator.Fault{{Status: 500, JobID: other}}, want: []int{200, 200, 200, 500, 200}},
		{name: "one job, from its second request on", faults: []simulator.Fault{{Status: 500, JobID: testJob, After: 1}}, want: []int{200, 500, 200, 200, 500}},
		{
			name:   "one fault after the other",
			faults: []simulator.Fault{{Status: 500, Times: 1}, {Status: 502, Times: 2}, {Status: 503, JobID: other}},
			want:   []int{500, 502, 502, 503, 200},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := startWithJob(t)
			h.AddJob(simulator.Job{ID: other})
			for _, fault := range test.faults {
				h.Inject(fault)
			}
			for i, path := range []string{"/" + testJob, "/" + testJob, "", "/" + other, "/" + testJob} {
				if got := h.get(t, "/v2/jobs"+path); got.status != test.want[i] {
					t.Errorf("request %d got %d, want %d", i, got.status, test.want[i])
				}
			}
		})
	}
}

func TestARemovedFaultHitsNoMore(t *testing.T) {
	h := startWithJob(t)
	first := h.Inject(simulator.Fault{Status: 500})
	h.Inject(simulator.Fault{Status: 502})
	first()
	first()
	if got := h.getJob(t, testJob); got.status != 502 {
		t.Errorf("got %d, want 502", got.status)
	}
}

func TestSenselessFaultsPanic(t *testing.T) {
	h := startWithJob(t)
	for name, fault := range map[string]simulator.Fault{
		"an informational status": {Status: 100},
		"an impossible status":    {Status: 1000},
		"a negative count":        {Times: -1},
		"a negative delay":        {Delay: -1},
		"a negative trickle":      {Trickle: -1},
		"an unknown operation":    {Operation: "get"},
		"a negative lag":          {Operation: simulator.OpListJobs, Lag: -1},
		"a negative page size":    {Operation: simulator.OpListJobs, PageSize: -1},
		"an empty list of a job":  {Operation: simulator.OpGetJob, Empty: true},
		"a lag of any request":    {Lag: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("there was no panic")
				}
			}()
			h.Inject(fault)
		})
	}
}

func TestADelayedAnswerIsAsOldAsItsDelay(t *testing.T) {
	h := startWithJob(t)
	h.Inject(simulator.Fault{Delay: 20 * time.Millisecond, Times: 1})
	began := time.Now()
	got := h.getJob(t, testJob)
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("the response came after %s", took)
	}
	if state := got.object(t)["state"]; state != "queued" {
		t.Errorf("the state is %v", state)
	}
}

func TestLatencyHoldsEveryAnswerBack(t *testing.T) {
	h := start(t, simulator.Options{Latency: 20 * time.Millisecond})
	began := time.Now()
	h.getJob(t, "job_unknown")
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("the response came after %s", took)
	}
}

func TestHangAndDelayEndWithTheClient(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"a hang":  {Hang: true},
		"a delay": {Delay: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			h := startWithJob(t)
			h.Inject(fault)
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error)
			go func() {
				_, err := h.try(ctx, http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey(testKey))
				failed <- err
			}()
			if err := h.WaitForRequests(patience(t), 1); err != nil {
				t.Fatal(err)
			}
			cancel()
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that the client went away", err)
			}
			if log := h.Requests(); len(log) != 1 || log[0].Status != 0 {
				t.Errorf("a request without a response has to have status 0: %+v", log)
			}
		})
	}
}

func TestReset(t *testing.T) {
	h := startWithJob(t)
	h.Inject(simulator.Fault{Reset: true})
	_, err := h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey(testKey))
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want a reset connection", err)
	}
}

func TestTruncate(t *testing.T) {
	tests := []struct {
		name  string
		fault simulator.Fault
		valid bool // what arrives is JSON nevertheless
	}{
		{name: "the proper response loses its second half", fault: simulator.Fault{Truncate: true}},
		{name: "a given body arrives whole and more was promised", fault: simulator.Fault{Truncate: true, Body: `{"id":"x"}`}, valid: true},
		{name: "an error is cut too", fault: simulator.Fault{Truncate: true, Status: 500}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := startWithJob(t)
			h.Inject(test.fault)
			got, err := h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey(testKey))
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("reading ended with %v, want an unexpected end", err)
			}
			if got.body == "" || json.Valid([]byte(got.body)) != test.valid {
				t.Errorf("got %q", got.body)
			}
		})
	}
}

func TestTrickle(t *testing.T) {
	h := startWithJob(t)
	h.Inject(simulator.Fault{Trickle: time.Millisecond})
	began := time.Now()
	response := h.open(t, http.Header{"X-Api-Key": {testKey}})
	defer response.Body.Close()
	begin := make([]byte, 11)
	if _, err := io.ReadFull(response.Body, begin); err != nil || !strings.HasPrefix(string(begin), `{`) {
		t.Errorf("it begins with %q: %v", begin, err)
	}
	if took := time.Since(began); took < 10*time.Millisecond {
		t.Errorf("11 bytes came within %s", took)
	}
}

func TestEndless(t *testing.T) {
	h := startWithJob(t)
	h.Inject(simulator.Fault{Endless: true})
	response := h.open(t, http.Header{"X-Api-Key": {testKey}})
	defer response.Body.Close()
	const enough = 8 << 20
	read, err := io.CopyN(io.Discard, response.Body, enough)
	if read != enough || err != nil {
		t.Errorf("after %d bytes: %v", read, err)
	}
}

func TestGzipBomb(t *testing.T) {
	h := startWithJob(t)
	h.Inject(simulator.Fault{GzipBomb: true})
	// Asking for gzip by hand keeps the client from unpacking, so both sizes can be seen.
	response := h.open(t, http.Header{"X-Api-Key": {testKey}, "Accept-Encoding": {"gzip"}})
	defer response.Body.Close()
	if response.Header.Get("Content-Encoding") != "gzip" || response.ContentLength > 4<<20 {
		t.Fatalf("got encoding %q, %d bytes", response.Header.Get("Content-Encoding"), response.ContentLength)
	}
	unpacked, err := gzip.NewReader(bufio.NewReader(response.Body))
	if err != nil {
		t.Fatal(err)
	}
	begin := make([]byte, 20)
	if _, err := io.ReadFull(unpacked, begin); err != nil || !strings.HasPrefix(string(begin), `{"id":"job_`) {
		t.Errorf("it begins with %q: %v", begin, err)
	}
	const enough = 64 << 20
	if read, err := io.CopyN(io.Discard, unpacked, enough); err != nil {
		t.Errorf("after %d bytes: %v", read, err)
	}
}

// open sends a request for the job and leaves the response body to be read.
func (h *harness) open(t *testing.T, header http.Header) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+"/v2/jobs/"+testJob, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := h.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestAFaultWithNoAnswerChangesNothing(t *testing.T) {
	h := start(t, simulator.Options{})
	job := base()
	job.StartOnFirstGet = true
	h.AddJob(job)
	h.Inject(simulator.Fault{Reset: true, Operation: simulator.OpGetJob, Times: 1})
	_, err := h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey(testKey))
	if _, ok := errors.AsType[net.Error](err); !ok && !errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
	h.clock.advance(time.Hour)
	if state := h.getJob(t, testJob).object(t)["state"]; state != "queued" {
		t.Errorf("the job's life began with a request that was reset: it is %v", state)
	}
}
