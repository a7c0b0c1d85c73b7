// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestAccountSumsUpTheRequestsAboutAJob(t *testing.T) {
	job := shownJob{name: "fails", jobID: "job_1", reason: v1alpha1.ReasonJobFailed}
	life := simulator.Job{Steps: []simulator.Step{{State: "queued", For: time.Second}, {State: "started", For: 2 * time.Second}, {State: "failed"}}}
	requests := requestsAt(0, 2*time.Second, 4*time.Second)

	for name, test := range map[string]struct {
		job        shownJob
		requests   []simulator.Request
		callsAtEnd int
		want       account
	}{
		"no poll after the end": {
			job: job, requests: requests, callsAtEnd: 3,
			want: account{shownJob: job, calls: 3, lastCall: 4 * time.Second, ended: 3 * time.Second},
		},
		"one more poll after the end": {
			job: job, requests: requests, callsAtEnd: 2,
			want: account{shownJob: job, calls: 3, late: 1, lastCall: 4 * time.Second, ended: 3 * time.Second},
		},
		"no poll at all": {
			job:  job,
			want: account{shownJob: job, ended: 3 * time.Second},
		},
		"the job is only out of sight": {
			job: shownJob{reason: v1alpha1.ReasonPermissionDenied}, requests: requests, callsAtEnd: 3,
			want: account{shownJob: shownJob{reason: v1alpha1.ReasonPermissionDenied}, calls: 3, lastCall: 4 * time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newAccount(test.job, life, test.requests, test.callsAtEnd); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestWritesAreCountedByTheNameOfTheObject(t *testing.T) {
	write := func(name string) auditv1.Event { return auditv1.Event{ObjectRef: &auditv1.ObjectReference{Name: name}} }
	if got := countWrites([]auditv1.Event{write("a"), write("b"), write("a")}, "a"); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
}

func TestAccountTableLeavesOutTheEndOfWhatDoesNotEnd(t *testing.T) {
	got := accountTable([]account{
		{shownJob: shownJob{name: "fails", reason: v1alpha1.ReasonJobFailed, remark: "ends badly"}, calls: 7, writes: 3, lastCall: 13 * time.Second, ended: 12 * time.Second},
		{shownJob: shownJob{name: "missing", reason: v1alpha1.ReasonJobNotFound, remark: "is not there"}, calls: 5, writes: 1, late: 2, lastCall: 20 * time.Second},
	})
	const want = "" +
		"NAME      CALLS   JOB ENDED   LAST CALL   LATER CALLS   STATUS WRITES   THE JOB\n" +
		"fails     7       +12.0s      +13.0s      0             3               ends badly\n" +
		"missing   5       -           +20.0s      -             1               is not there\n"
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// requestsAt are requests that came at these times after some first moment.
func requestsAt(times ...time.Duration) []simulator.Request {
	first := time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)
	var requests []simulator.Request
	for _, at := range times {
		requests = append(requests, simulator.Request{At: first.Add(at)})
	}
	return requests
}
