// SPDX-License-Identifier: Apache-2.0

package words_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
)

func TestCleanLeavesNothingThatATerminalWouldObey(t *testing.T) {
	for text, want := range map[string]string{
		"two\r\nlines\tand more":     "two lines and more",
		"\x1b[31mred\x1b[0m\a":       "[31mred [0m",
		"turned \u202eround":         "turned round",
		"not \xff UTF-8":             "not \uFFFD UTF-8",
		"  ordinary text, ñandú 日本 ": "ordinary text, ñandú 日本",
		"\u009b31m":                  "31m",
	} {
		if got := words.Clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for most, want := range map[int]string{0: "…", 1: "…", 4: "abé…", 5: "abéde", 6: "abéde"} {
		if got := words.Clip("abéde", most); got != want {
			t.Errorf("cut to %d it is %q, want %q", most, got, want)
		}
	}
}

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
		"a job that runs": {running(), "started", "started for 8m, looks about every 48s"},
		"a job that the operator saw start": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.LastTransitionTime = ago(30 * time.Second) }),
			"started", "started for 30s, looks about every 3s",
		},
		"a job that has just begun": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.StartedAt, job.Status.LastTransitionTime = ago(0), ago(0) }),
			"started", "started for 0s, looks about every 2s",
		},
		"a job that has been running for hours": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.StartedAt = ago(5 * time.Hour) }),
			"started", "started for 5h, looks about every 60s",
		},
		"an interval in spec": {
			running(func(job *v1alpha1.VectaraJob) { job.Spec.PollInterval = &metav1.Duration{Duration: 90 * time.Second} }),
			"started", "started for 8m, looks about every 90s",
		},
		"a clock in Vectara that is ahead": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.StartedAt = ago(-time.Hour) }),
			"started", "started for 5m, looks about every 30s",
		},
		"a job without a state": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.State = "" }),
			"without a state", "without a state for 5m, looks about every 30s",
		},
		"a state with an escape sequence": {
			running(func(job *v1alpha1.VectaraJob) { job.Status.State = "\x1b[2Jgone" }),
			"[2Jgone", "[2Jgone for 5m, looks about every 30s",
		},
		"a new VectaraJob": {running(unseen), "not seen yet", "not seen yet, created 5m ago"},
		"an outage": {
			running(troubled(v1alpha1.ReasonAPIUnavailable)),
			"started; the last look failed: APIUnavailable: Vectara is not available.",
			"started, APIUnavailable for 60s, tries again within a minute or so",
		},
		"a job that is blocked": {
			running(blocked(v1alpha1.ReasonPermissionDenied, "Not for you.")),
			"blocked: PermissionDenied: Not for you.",
			"blocked by PermissionDenied for 60s, looks about every 5m, and when the Secret changes",
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
