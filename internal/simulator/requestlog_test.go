// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestRequestLogEntry(t *testing.T) {
	h := start(t, simulator.Options{PathPrefix: "/pre"})
	h.AddJob(base())
	got := h.get(t, "/v2/jobs/"+testJob+"?a=b%20c")
	log := h.Requests()
	if len(log) != 1 {
		t.Fatalf("the log has %d entries", len(log))
	}
	entry := log[0]
	if entry.Header.Get("X-Api-Key") != testKey {
		t.Error("the log has to keep the credentials")
	}
	if !entry.At.Equal(epoch) || !strings.HasPrefix(entry.RemoteAddr, "127.0.0.1:") {
		t.Errorf("At = %s, RemoteAddr = %s", entry.At, entry.RemoteAddr)
	}
	for name, value := range map[string][2]string{
		"Operation": {string(entry.Operation), "get-job"},
		"Method":    {entry.Method, "GET"},
		"Path":      {entry.Path, "/pre/v2/jobs/" + testJob},
		"Query":     {entry.Query, "a=b%20c"},
		"JobID":     {entry.JobID, testJob},
		"RequestID": {entry.RequestID, got.header.Get("X-Request-Id")},
	} {
		if value[0] != value[1] {
			t.Errorf("%s = %q, want %q", name, value[0], value[1])
		}
	}
	if entry.Status != http.StatusOK {
		t.Errorf("Status = %d", entry.Status)
	}
}

func TestRequestLogBoundsBodies(t *testing.T) {
	h := startWithJob(t)
	h.do(t, http.MethodPost, h.URL()+"/v2/corpora/legal/replace_filter_attributes", strings.Repeat(" ", 100_000)+"{}", withKey(testKey))
	if entry := h.Requests()[0]; len(entry.Body) != 64<<10 || entry.Status != 200 {
		t.Errorf("%d bytes are kept of a request that got %d", len(entry.Body), entry.Status)
	}
}

func TestCountsAndMatches(t *testing.T) {
	h := startWithJob(t)
	for _, path := range []string{"/" + testJob, "/" + testJob, "/other", "", "/a/b"} {
		h.get(t, "/v2/jobs"+path)
	}
	tests := []struct {
		op    simulator.Operation
		jobID string
		want  int
	}{
		{want: 5},
		{op: simulator.OpGetJob, want: 3},
		{op: simulator.OpGetJob, jobID: testJob, want: 2},
		{jobID: testJob, want: 2},
		{jobID: "other", want: 1},
		{op: simulator.OpListJobs, want: 1},
		{op: simulator.OpListJobs, jobID: testJob, want: 0},
		{op: simulator.OpToken, want: 0},
	}
	for _, test := range tests {
		if got := h.Count(test.op, test.jobID); got != test.want {
			t.Errorf("Count(%q, %q) = %d, want %d", test.op, test.jobID, got, test.want)
		}
	}
	if got := h.Requests(simulator.ForOperation(simulator.OpGetJob), simulator.ForJob("other")); len(got) != 1 {
		t.Errorf("%d requests match both", len(got))
	}
	if got := h.Requests(); len(got) != 5 || got[4].Operation != "" {
		t.Errorf("the log has %+v", got)
	}
	h.ResetLog()
	if h.Count("", "") != 0 || len(h.Requests()) != 0 {
		t.Error("the log is not empty after ResetLog")
	}
	h.getJob(t, testJob)
	if got := h.Requests(); len(got) != 1 || got[0].Status != 200 || h.Count("", testJob) != 1 {
		t.Errorf("after ResetLog and one request the log has %+v", got)
	}
}

func TestAFullLogStillCounts(t *testing.T) {
	for limit, want := range map[int]int{3: 3, -1: 0} {
		h := start(t, simulator.Options{MaxLog: limit})
		for range 5 {
			h.getJob(t, testJob)
		}
		if got := len(h.Requests()); got != want {
			t.Errorf("MaxLog %d: %d entries", limit, got)
		}
		if got := h.Count(simulator.OpGetJob, testJob); got != 5 {
			t.Errorf("MaxLog %d: Count = %d", limit, got)
		}
		if err := h.WaitForRequests(patience(t), 5); err != nil {
			t.Error(err)
		}
		h.ResetLog()
		h.getJob(t, testJob)
		if got := len(h.Requests()); got != min(want, 1) {
			t.Errorf("MaxLog %d: %d entries after a reset", limit, got)
		}
	}
}

func TestAnAnswerAfterAResetOfTheLogIsNotTakenForAnother(t *testing.T) {
	h := startWithJob(t)
	h.Inject(simulator.Fault{Hang: true, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = h.try(ctx, http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey(testKey))
	}()
	if err := h.WaitForRequests(patience(t), 1); err != nil {
		t.Fatal(err)
	}
	h.ResetLog()
	h.getJob(t, "job_unknown")
	cancel()
	<-ended
	if got := h.Requests(); len(got) != 1 || got[0].Status != 404 {
		t.Errorf("the log has %+v", got)
	}
}

func TestWaitForRequests(t *testing.T) {
	h := startWithJob(t)
	var waiting sync.WaitGroup
	for _, match := range [][]func(simulator.Request) bool{
		nil,
		{simulator.ForJob(testJob)},
		{simulator.ForJob(testJob), simulator.Responded},
	} {
		waiting.Go(func() {
			if err := h.WaitForRequests(patience(t), 20, match...); err != nil {
				t.Error(err)
			}
		})
	}
	for range 4 {
		waiting.Go(func() {
			for range 5 {
				if _, err := h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey(testKey)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	waiting.Wait()
}

func TestWaitForRequestsGivesUpWithItsContext(t *testing.T) {
	h := startWithJob(t)
	h.getJob(t, testJob)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := h.WaitForRequests(ctx, 2)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "1 of 2") {
		t.Errorf("got %v", err)
	}
	if err := h.WaitForRequests(ctx, 1); err != nil {
		t.Errorf("what is there already needs no waiting: %v", err)
	}
}
