// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// announced is the events, and the number of lines in the log, for a finding.
func announced(t *testing.T, before *v1alpha1.VectaraJob, found finding) ([]recorded, []string) {
	t.Helper()
	w := newWorld(t)
	after := before.DeepCopy()
	after.Status = nextStatus(before, found, noon)
	w.announce(w.context(t), before, after, found)
	return w.recorder.events, w.lines
}

func TestTransitionsAreAnnounced(t *testing.T) {
	const synced = "Status is what Vectara returned for this job."
	running := recorded{"Normal", "JobStarted", "Mirror", "The job is running in Vectara."}
	denied := recorded{
		"Warning", "PermissionDenied", "Poll",
		`Vectara does not let the credentials in Secret "vectara-credentials" see this job (HTTP 403): Something is wrong. (request ID req-1)`,
	}
	for _, test := range []struct {
		name   string
		before *v1alpha1.VectaraJob
		found  finding
		want   []recorded
	}{
		{"a first answer, when the job has ended", job(), answer("completed"), []recorded{{"Normal", "JobCompleted", "Mirror", "The job completed."}}},
		{"another state", job(withState("queued")), answer("started"), []recorded{running}},
		{"a job that completes", job(withState("started")), answer("completed"), []recorded{{"Normal", "JobCompleted", "Mirror", "The job completed."}}},
		{"a job that fails", job(withState("started")), answer("failed", func(j *vectara.Job) { j.Comment = "100% of %s lost" }), []recorded{{"Warning", "JobFailed", "Mirror", "The job failed. 100% of %s lost"}}},
		{"a job that is aborted", job(withState("started")), answer("aborted"), []recorded{{"Warning", "JobAborted", "Mirror", "The job was aborted."}}},
		{"a job that will be tried again", job(withState("started")), answer("failed_will_retry"), []recorded{{"Warning", "JobRetrying", "Mirror", "An attempt of the job failed. Vectara will make another."}}},
		{"a job that will be tried again, and why", job(withState("started")), answer("failed_will_retry", func(j *vectara.Job) { j.Comment = "Out of\nmemory." }), []recorded{{"Warning", "JobRetrying", "Mirror", "An attempt of the job failed. Vectara will make another. Out of memory."}}},
		{"a job that completes, when Vectara says how long it ran", job(withState("started")), answer("completed", ranFor(90*time.Second)), []recorded{{"Normal", "JobCompleted", "Mirror", "The job completed. It ran for 1m30s."}}},
		{"a first refusal", job(), failure(fault(jobs.PermissionDenied)), []recorded{denied}},
		{"a refusal of a job that was seen", job(withState("started")), failure(fault(jobs.PermissionDenied)), []recorded{denied}},
		{"one fault after another", job(withFault(fault(jobs.Unavailable))), failure(fault(jobs.PermissionDenied)), []recorded{denied}},
		{"a job seen again in the state that it was in", job(withState("started"), withFault(fault(jobs.Unavailable))), answer("started"), []recorded{{"Normal", "Synced", "Poll", synced}}},
		{"a job seen again in another state", job(withState("queued"), withFault(fault(jobs.Unavailable))), answer("started"), []recorded{{"Normal", "Synced", "Poll", synced}, running}},
		{"a finished job whose recheck fails", job(withState("completed"), withRequestedAt("again")), failure(fault(jobs.PermissionDenied)), []recorded{denied}},
	} {
		t.Run(test.name, func(t *testing.T) {
			events, lines := announced(t, test.before, test.found)
			if !slices.Equal(events, test.want) {
				t.Errorf("The events are %q, want %q", events, test.want)
			}
			if len(lines) != len(test.want) {
				t.Errorf("The log says %q, want a line for each event", lines)
			}
		})
	}
}

// TestJobThatIsComeUponIsLoggedOnly: it was in this state before, and status says so. Ten thousand objects that are new
// would cost ten thousand events.
func TestJobThatIsComeUponIsLoggedOnly(t *testing.T) {
	for _, state := range []v1alpha1.JobState{"queued", "started", "failed_will_retry", "paused", ""} {
		events, lines := announced(t, job(), answer(state))
		if len(events) != 0 || len(lines) != 1 {
			t.Errorf("Coming upon a job that is %q gave the events %q and the log %q, want one line of log", state, events, lines)
		}
	}
}

func TestWhatIsNoTransitionIsNotAnnounced(t *testing.T) {
	for _, test := range []struct {
		name   string
		before *v1alpha1.VectaraJob
		found  finding
	}{
		{"the same state again", job(withState("started")), answer("started")},
		{"the same state with another comment", job(withState("started")), answer("started", func(j *vectara.Job) { j.Comment = "half" })},
		{"the same fault again", job(withFault(fault(jobs.Unavailable))), failure(fault(jobs.Unavailable))},
		{"the same refusal in other words", job(withFault(fault(jobs.PermissionDenied))), failure(fault(jobs.PermissionDenied, withWords("The user is disabled.")))},
		{"a new generation of a finished job", job(withState("completed")), finding{request: jobs.Request{Generation: 2}}},
		{"a new generation of a job in an outage", job(withState("started"), withFault(fault(jobs.Unavailable))), requested(failure(fault(jobs.Unavailable)), 2, "")},
		{"a request that finds nothing new", job(withState("completed")), requested(answer("completed"), 1, "again")},
		{"a new generation before anything was heard", job(), finding{request: jobs.Request{Generation: 2}}},
		{"a 404 that outlives the first minute", job(withFault(fault(jobs.NotFound))), failure(fault(jobs.NotFound))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if events, lines := announced(t, test.before, test.found); len(events)+len(lines) > 0 {
				t.Errorf("The events are %q and the log says %q, want neither", events, lines)
			}
		})
	}
}

func TestNotesFitIntoEvents(t *testing.T) {
	for _, unit := range []string{"a", "ß", "界", "🙂"} {
		// One more letter at the front moves the place of the cut through every character.
		for shift := range 4 {
			flood := strings.Repeat("a", shift) + strings.Repeat(unit, 5000)
			events, _ := announced(t, job(), answer("failed", func(j *vectara.Job) { j.Comment = flood }))
			if len(events) != 1 {
				t.Fatalf("The events are %q, want one", events)
			}
			if note := events[0].note; len(note) > maxNote || len(note) < maxNote-3 || !utf8.ValidString(note) {
				t.Errorf("The note has %d bytes, valid: %t", len(note), utf8.ValidString(note))
			}
		}
	}
}
