// SPDX-License-Identifier: Apache-2.0

package words_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
)

func TestLong(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour:                               "0 seconds",
		1500 * time.Millisecond:                  "1 second",
		59 * time.Second:                         "59 seconds",
		time.Minute:                              "1 minute",
		3*time.Minute + 12*time.Second:           "3 minutes 12 seconds",
		time.Hour + 59*time.Second:               "1 hour",
		2*time.Hour + time.Minute:                "2 hours 1 minute",
		50*time.Hour + 59*time.Minute:            "2 days 2 hours",
		24*time.Hour + time.Minute + time.Second: "1 day",
	} {
		if got := words.Long(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	for name, test := range map[string]struct {
		job        *v1alpha1.VectaraJob
		line, live string
	}{
		"a job that runs": {running(), "started", "started for 8m, polled about every 48s"},
		"a job that the operator saw start": {
			running(func(job *v1alpha1.VectaraJob) {
				job.Status.StartedAt, job.Status.LastTransitionTime = ago(32*time.Second), ago(30*time.Second)
			}),
			"started", "started for 32s, polled about every 3s",
		},
		"a job that has just begun": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.StartedAt, job.Status.LastTransitionTime = ago(0), ago(0) }),
			"started", "started for 0s, polled about every 2s",
		},
		"a job that has been running for hours": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.StartedAt = ago(5 * time.Hour) }),
			"started", "started for 5h, polled about every 60s",
		},
		"an interval in spec": {
			running(func(job *v1alpha1.VectaraJob) { job.Spec.PollInterval = &metav1.Duration{Duration: 90 * time.Second} }),
			"started", "started for 8m, polled about every 90s",
		},
		"a clock in Vectara that is ahead": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.StartedAt = ago(-time.Hour) }),
			"started", "started for 5m, polled about every 30s",
		},
		"a job without a state": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.State = "" }),
			"without a state", "without a state for 5m, polled about every 30s",
		},
		"a state with an escape sequence": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.State = "\x1b[2Jgone" }),
			"[2Jgone", "[2Jgone for 5m, polled about every 30s",
		},
		"a new VectaraJob": {running(unseen), "not seen yet", "not seen yet, created 5m ago"},
		"an outage": {
			running(unsynced(v1alpha1.ReasonAPIUnavailable)),
			"last known state: started; APIUnavailable: Vectara is not available.",
			"started, APIUnavailable, not confirmed for 60s, polled again within about a minute",
		},
		"an outage before the job was seen": {
			running(unseen, unsynced(v1alpha1.ReasonAPIUnavailable)),
			"not seen yet; APIUnavailable: Vectara is not available.",
			"not seen yet, APIUnavailable, not confirmed for 60s, polled again within about a minute",
		},
		"a job that is blocked": {
			running(blocked(v1alpha1.ReasonPermissionDenied, "Not for you.")),
			"blocked: PermissionDenied: Not for you.",
			"blocked by PermissionDenied, not confirmed for 60s, polled about every 5m, and when the Secret changes",
		},
		"a job that is suspended": {
			running(suspended),
			"blocked: suspended: the operator leaves it alone while spec.suspend is true", "suspended",
		},
		"a job that completed": {running(ended("completed", "")), "completed after 4m", "completed for 4m"},
		"a job that failed": {
			running(ended("failed", "no such\nattribute")), "failed after 4m: no such attribute", "failed for 4m",
		},
		"a job that was aborted before it was started": {
			running(ended("aborted", ""), func(job *v1alpha1.VectaraJob) { job.Status.StartedAt = nil }),
			"aborted after 6m", "aborted for 4m",
		},
		"a job that ended before it began": {
			running(ended("completed", ""), func(job *v1alpha1.VectaraJob) { job.Status.StartedAt = ago(0) }),
			"completed", "completed for 4m",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words.Line(test.job); got != test.line {
				t.Errorf("the line is\n%q, want\n%q", got, test.line)
			}
			if got := words.Live(test.job, now); got != test.live {
				t.Errorf("the live line is\n%q, want\n%q", got, test.live)
			}
		})
	}
}
