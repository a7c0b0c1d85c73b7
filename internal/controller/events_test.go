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

// recordedFor are the events and the lines in the log for what was gathered.
func recordedFor(t *testing.T, before *v1alpha1.VectaraJob, found gathered) ([]recorded, []string) {
	t.Helper()
	w := newWorld(t)
	s := scopeOf(before, found, noon)
	d := decide(s)
	after := before.DeepCopy()
	after.Status = d.status
	w.recordEvents(w.context(t), s, d, after)
	return w.recorder.events, w.lines
}

func TestTransitionsAreRecorded(t *testing.T) {
	const synced = "Status is what Vectara returned for this job."
	running := recorded{"Normal", "JobStarted", "Mirror", "The job is running in Vectara."}
	denied := recorded{
		"Warning", "PermissionDenied", "Poll",
		`Vectara does not let the credentials in Secret "vectara-credentials" see this job (HTTP 403): Something is wrong. (request ID req-1)`,
	}
	for _, test := range []struct {
		name   string
		before *v1alpha1.VectaraJob
		found  gathered
		want   []recorded
	}{
		{"a first answer, when the job has ended", job(), answer("completed"), []recorded{{"Normal", "JobCompleted", "Mirror", "The job completed."}}},
		{"another state", job(withState("queued")), answer("started"), []recorded{running}},
		{"a job that completes", job(withState("started")), answer("completed"), []recorded{{"Normal", "JobCompleted", "Mirror", "The job completed."}}},
		{"a job that fails", job(withState("started")), answer("failed", func(j *vectara.Job) { j.Comment = "100% of %s lost" }), []recorded{{"Warning", "JobFailed", "Mirror", "The job failed. 100% of %s lost"}}},
		{"a job that is aborted", job(withState("started")), answer("aborted"), []recorded{{"Warning", "JobAborted", "Mirror", "The job was aborted."}}},
		{"a job that will be tried again", job(withState("started")), answer("failed_will_retry"), []recorded{{"Warning", "JobRetrying", "Mirror", "An attempt of the job failed. Vectara will make another."}}},
		{"a job that fails, in words that turn text around", job(withState("started")), answer("failed", func(j *vectara.Job) { j.Comment = "\u202egpj.exe می\u200cسازد" }), []recorded{{"Warning", "JobFailed", "Mirror", "The job failed. gpj.exe می\u200cسازد"}}},
		{"a job that will be tried again, and why", job(withState("started")), answer("failed_will_retry", func(j *vectara.Job) { j.Comment = "Out of\nmemory." }), []recorded{{"Warning", "JobRetrying", "Mirror", "An attempt of the job failed. Vectara will make another. Out of memory."}}},
		{"a job that completes, when Vectara says how long it ran", job(withState("started")), answer("completed", ranFor(90*time.Second)), []recorded{{"Normal", "JobCompleted", "Mirror", "The job completed. It ran for 1m30s."}}},
		{"a first refusal", job(), failure(apiFault(jobs.PermissionDenied)), []recorded{denied}},
		{"a refusal of a job that was seen", job(withState("started")), failure(apiFault(jobs.PermissionDenied)), []recorded{denied}},
		{"one fault after another", job(withFault(apiFault(jobs.Unavailable))), failure(apiFault(jobs.PermissionDenied)), []recorded{denied}},
		{"a job seen again in the state that it was in", job(withState("started"), withFault(apiFault(jobs.Unavailable))), answer("started"), []recorded{{"Normal", "Synced", "Poll", synced}}},
		{"a job seen again in another state", job(withState("queued"), withFault(apiFault(jobs.Unavailable))), answer("started"), []recorded{{"Normal", "Synced", "Poll", synced}, running}},
		{"a finished job whose recheck fails", job(withState("completed"), withRequestedAt("again")), failure(apiFault(jobs.PermissionDenied)), []recorded{denied}},
	} {
		t.Run(test.name, func(t *testing.T) {
			events, lines := recordedFor(t, test.before, test.found)
			if !slices.Equal(events, test.want) {
				t.Errorf("The events are %q, want %q", events, test.want)
			}
			if len(lines) != len(test.want) {
				t.Errorf("The log says %q, want a line for each event", lines)
			}
		})
	}
}

// TestAJobThatIsFirstSeenIsLoggedOnly: it was in this state before, and status says so. Ten thousand new objects would cost
// ten thousand events.
func TestAJobThatIsFirstSeenIsLoggedOnly(t *testing.T) {
	for _, state := range []v1alpha1.JobState{"queued", "started", "failed_will_retry", "paused", ""} {
		events, lines := recordedFor(t, job(), answer(state))
		if len(events) != 0 || len(lines) != 1 {
			t.Errorf("First seeing a job that is %q gave the events %q and the log %q, want one line of log", state, events, lines)
		}
	}
}

func TestWhatIsNoTransitionIsNotRecorded(t *testing.T) {
	for _, test := range []struct {
		name   string
		before *v1alpha1.VectaraJob
		found  gathered
	}{
		{"the same state again", job(withState("started")), answer("started")},
		{"the same state with another comment", job(withState("started")), answer("started", func(j *vectara.Job) { j.Comment = "half" })},
		{"the same fault again", job(withFault(apiFault(jobs.Unavailable))), failure(apiFault(jobs.Unavailable))},
		{"the same refusal in other words", job(withFault(apiFault(jobs.PermissionDenied))), failure(apiFault(jobs.PermissionDenied, withWords("The user is disabled.")))},
		{"a new generation of a finished job", job(withState("completed"), withGeneration(2)), gathered{}},
		{"a new generation of a job in an outage", job(withState("started"), withFault(apiFault(jobs.Unavailable)), withGeneration(2)), failure(apiFault(jobs.Unavailable))},
		{"a request that finds nothing new", job(withState("completed"), withRequestedAt("again")), answer("completed")},
		{"a new generation before the first poll", job(withGeneration(2)), gathered{}},
		{"a 404 that outlives the first minute", job(withFault(apiFault(jobs.NotFound))), failure(apiFault(jobs.NotFound))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if events, lines := recordedFor(t, test.before, test.found); len(events)+len(lines) > 0 {
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
			events, _ := recordedFor(t, job(), answer("failed", func(j *vectara.Job) { j.Comment = flood }))
			if len(events) != 1 {
				t.Fatalf("The events are %q, want one", events)
			}
			if note := events[0].note; len(note) > maxNote || len(note) < maxNote-3 || !utf8.ValidString(note) {
				t.Errorf("The note has %d bytes, valid: %t", len(note), utf8.ValidString(note))
			}
		}
	}
}
