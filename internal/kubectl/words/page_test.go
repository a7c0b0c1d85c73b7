// SPDX-License-Identifier: Apache-2.0

package words_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
)

const denied = `Vectara does not let the credentials in Secret "vectara-credentials" see this job (HTTP 403): ` +
	`the key has no role in the corpus legal (request ID 1c9e)`

func write(t *testing.T, page words.Page) string {
	t.Helper()
	var text strings.Builder
	if _, err := page.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestPage shows a page whole, to be read.
func TestPage(t *testing.T) {
	got := write(t, words.Page{
		Job: running(blocked(v1alpha1.ReasonPermissionDenied, denied)),
		Now: now.In(time.FixedZone("CET", 3600)),
		Events: []corev1.Event{{
			Type: "Warning", Reason: v1alpha1.ReasonPermissionDenied, Message: denied, LastTimestamp: *ago(time.Minute),
		}},
	})
	want := `search/reindex: blocked, last known state: started

  Job:        job_3Kx9QpVn2mZr8YbLc5TdWe
  Type:       replace_filter_attributes
  Corpora:    legal, hr
  Started by: jdoe
  Secret:     vectara-credentials
  Polling:    polled about every 5m, and when the Secret changes
  Blocked by: PermissionDenied: Vectara does not let the credentials in Secret "vectara-credentials"
              see this job (HTTP 403): the key has no role in the corpus legal (request ID 1c9e)

What to do:
  Give the key or client a role in the job's corpus, or use others. After a change in Vectara,
  wait 5 minutes, or have the job polled now:
  kubectl annotate -n search vj/reindex --overwrite jobs.vectara.io/requestedAt="$(date +%s)"

Timeline (CET):
  2026-01-31 12:50:00      10m ago  created in Vectara
  2026-01-31 12:52:00       8m ago  started in Vectara after waiting for 2 minutes
  2026-01-31 12:55:00       5m ago  VectaraJob made
  2026-01-31 12:55:00       5m ago  first seen as started by the operator

Conditions:
  Ready        False    The job has not completed (False for 1 minute; now PermissionDenied).
                        Vectara does not let the credentials in Secret "vectara-credentials" see
                        this job (HTTP 403): the key has no role in the corpus legal (request ID
                        1c9e)
  Synced       False    Status may be out of date (False for 1 minute; now PermissionDenied).
  Stalled      True     Waiting alone will not make the job complete (True for 1 minute; now PermissionDenied).

Events:
      60s ago  Warning  PermissionDenied: Vectara does not let the credentials in Secret
                        "vectara-credentials" see this job (HTTP 403): the key has no role in the
                        corpus legal (request ID 1c9e)
`
	if got != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
}

func TestPageTellsTheStory(t *testing.T) {
	for name, test := range map[string]struct {
		page words.Page
		want []string
	}{
		"of a job that runs": {
			words.Page{Job: running()},
			[]string{"search/reindex: started for 8 minutes\n", "Polling:    polled about every 48s\n"},
		},
		"of a job that completed": {
			words.Page{Job: running(ended("completed", ""))},
			[]string{"completed after 4 minutes, 4 minutes ago\n", "completed in Vectara after running for 4 minutes\n"},
		},
		"of a job that failed": {
			words.Page{Job: running(ended("failed", "no such attribute"))},
			[]string{"failed after 4 minutes", "  Comment:    no such attribute\n"},
		},
		"of a VectaraJob that will be deleted": {
			words.Page{Job: running(ended("completed", ""), func(job *v1alpha1.VectaraJob) {
				job.Spec.TTLSecondsAfterFinished = ptr.To(int32(3600))
			})},
			[]string{"in 56m  VectaraJob to be deleted, by its ttlSecondsAfterFinished\n"},
		},
		"of a new VectaraJob": {
			words.Page{Job: running(unseen)},
			[]string{"reindex: not seen yet\n", "none: nothing has been written for this VectaraJob; if it is older than a minute, look for errors in the operator's log", "Events:\n  none"},
		},
		"of a VectaraJob whose spec was changed": {
			words.Page{Job: running(func(job *v1alpha1.VectaraJob) { job.Generation = 2 })},
			[]string{"They were made for an earlier spec"},
		},
		"of a job during an outage": {
			words.Page{Job: running(unsynced(v1alpha1.ReasonAPIUnavailable))},
			[]string{"reindex: last known state: started; Vectara cannot be reached (APIUnavailable); not confirmed for 1 minute\n", "What to do:\n  Wait: the job is polled again"},
		},
		"of a job whose polls are limited": {
			words.Page{Job: running(unsynced(v1alpha1.ReasonRateLimited))},
			[]string{"last known state: started; the rate of requests is limited (RateLimited)"},
		},
		"of an outage before the job was seen": {
			words.Page{Job: running(unseen, unsynced(v1alpha1.ReasonAPIUnavailable))},
			[]string{"reindex: not seen yet; Vectara cannot be reached (APIUnavailable)"},
		},
		"of a response that is invalid": {
			words.Page{Job: running(unsynced(v1alpha1.ReasonInvalidResponse))},
			[]string{"last known state: started; Vectara's response is invalid (InvalidResponse)"},
		},
		"of a recheck that fails after the job has ended": {
			words.Page{Job: running(ended("completed", ""), unsynced(v1alpha1.ReasonAPIUnavailable))},
			[]string{"reindex: completed after 4 minutes, 4 minutes ago\n"},
		},
		"of a VectaraJob that is suspended": {
			words.Page{Job: running(suspended)},
			[]string{"reindex: suspended, last known state: started\n", "kubectl patch -n search vj/reindex"},
		},
		"of a VectaraJob that was suspended before its job was seen": {
			words.Page{Job: running(unseen, suspended)},
			[]string{"reindex: suspended, its job was never seen\n"},
		},
		"to somebody who may not read events": {
			words.Page{Job: running(), NoEvents: "events is forbidden"},
			[]string{"Events:\n  cannot be read: events is forbidden\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.page.Now = now
			got := write(t, test.page)
			for _, text := range test.want {
				if !strings.Contains(got, text) {
					t.Errorf("the page lacks %q:\n%s", text, got)
				}
			}
		})
	}
}

func TestTextWithoutSpacesIsBrokenIntoLines(t *testing.T) {
	const longestID = "job_3Kx9QpVn2mZr8YbLc5TdWeA7uHs1RfGjB4oXy6EiMkPz0NvCwDqFhJtUlSaOgI=="
	got := write(t, words.Page{Job: running(ended("failed", "See "+longestID+": "+strings.Repeat("界", 4000))), Now: now})
	for line := range strings.Lines(got) {
		if n := len([]rune(line)); n > 125 {
			t.Errorf("a line has %d characters", n)
		}
	}
	if n := strings.Count(got, "界"); n < 4000 || !strings.Contains(got, longestID) {
		t.Errorf("%d characters of 4000 are left:\n%s", n, got)
	}
}

func TestPageHasNothingInItThatATerminalWouldObey(t *testing.T) {
	const evil = "\x1b]0;evil\a\x1b[2J"
	job := running(blocked(evil, evil), ended("failed", evil), func(job *v1alpha1.VectaraJob) {
		job.Status.Type, job.Status.CreatedByUsername, job.Status.CorpusKeys = evil, evil, []string{evil}
	})
	for _, job := range []*v1alpha1.VectaraJob{job, running(blocked(evil, evil), func(job *v1alpha1.VectaraJob) { job.Status.State = evil })} {
		got := write(t, words.Page{Job: job, Now: now, Events: []corev1.Event{{Reason: evil, Message: evil, LastTimestamp: *ago(0)}}})
		var table strings.Builder
		if err := words.Table(&table, []v1alpha1.VectaraJob{*job}, now, true); err != nil {
			t.Fatal(err)
		}
		if text := got + table.String() + words.Line(job) + words.Live(job, now); strings.ContainsAny(text, "\x1b\a") {
			t.Errorf("an escape sequence got through: %q", text)
		}
	}
}

func TestTable(t *testing.T) {
	jobs := []v1alpha1.VectaraJob{
		*running(named("done"), ended("completed", "")),
		*running(named("done-later"), ended("failed", "no such attribute"), func(job *v1alpha1.VectaraJob) {
			job.Status.CompletedAt = ago(235 * time.Second)
		}),
		*running(named("young"), func(job *v1alpha1.VectaraJob) { job.Status.StartedAt = ago(6 * time.Minute) }),
		*running(named("old")),
		*running(named("denied"), blocked(v1alpha1.ReasonPermissionDenied, denied)),
		*running(named("unseen"), unseen),
		*running(named("idle"), suspended),
		*running(named("outage"), unsynced(v1alpha1.ReasonAPIUnavailable)),
	}
	var table strings.Builder
	if err := words.Table(&table, jobs, now, false); err != nil {
		t.Fatal(err)
	}
	want := `NAME         STATE          FOR     TYPE                        NOTE
denied       blocked        60s     replace_filter_attributes   PermissionDenied: Vectara does not let the credentials in S…
idle         suspended      8m      replace_filter_attributes   last known state: started
unseen       not seen yet   5m
old          started        8m      replace_filter_attributes
outage       started        8m      replace_filter_attributes   APIUnavailable: Vectara is not available.
young        started        6m      replace_filter_attributes
done-later   failed         3m55s   replace_filter_attributes   no such attribute
done         completed      4m      replace_filter_attributes
`
	// Columns are padded, the last one too.
	var got strings.Builder
	for line := range strings.Lines(table.String()) {
		got.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if got := got.String(); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}
