// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// base is a job that has every field and lives through the usual states.
func base() simulator.Job {
	return simulator.Job{
		ID:                testJob,
		Type:              "replace_filter_attributes",
		CorpusKeys:        []string{"legal"},
		CreatedByUsername: "jdoe",
		Steps: []simulator.Step{
			{State: "queued", For: 5 * time.Second},
			{State: "started", For: 10 * time.Second},
			{State: "completed", Comment: "all done"},
		},
	}
}

// baseResponse is the response for base while it is queued.
func baseResponse() map[string]any {
	return map[string]any{
		"id":                  testJob,
		"type":                "replace_filter_attributes",
		"corpus_keys":         []any{"legal"},
		"state":               "queued",
		"created_at":          "2026-03-01T12:00:00Z",
		"created_by_username": "jdoe",
	}
}

// fields returns the queued response with these changes; nil removes a field.
func fields(changes map[string]any) map[string]any {
	out := baseResponse()
	maps.Copy(out, changes)
	maps.DeleteFunc(out, func(_ string, value any) bool { return value == nil })
	return out
}

func TestJobAnswer(t *testing.T) {
	started := map[string]any{"state": "started", "started_at": "2026-03-01T12:00:05Z"}
	completed := map[string]any{
		"state": "completed", "comment": "all done",
		"started_at": "2026-03-01T12:00:05Z", "completed_at": "2026-03-01T12:00:15Z",
	}
	tests := []struct {
		name   string
		mutate func(*simulator.Job)
		after  time.Duration
		want   map[string]any
	}{
		{name: "is queued at first", want: fields(nil)},
		{name: "is queued until just before the step ends", after: 5*time.Second - 1, want: fields(nil)},
		{name: "is started as soon as the step ends", after: 5 * time.Second, want: fields(started)},
		{name: "is completed in the end", after: 15 * time.Second, want: fields(completed)},
		{name: "stays completed for ever", after: 1000 * time.Hour, want: fields(completed)},
		{
			name:   "passes a step of no length, whose times are kept",
			mutate: func(j *simulator.Job) { j.Steps[1].For = 0 },
			after:  5 * time.Second,
			want: fields(map[string]any{
				"state": "completed", "comment": "all done",
				"started_at": "2026-03-01T12:00:05Z", "completed_at": "2026-03-01T12:00:05Z",
			}),
		},
		{
			name: "keeps the first start over a retry, and ends once",
			mutate: func(j *simulator.Job) {
				j.Steps = []simulator.Step{
					{State: "started", For: time.Second},
					{State: "failed_will_retry", For: time.Second, Comment: "again"},
					{State: "started", For: time.Second},
					{State: "failed", Comment: "no more"},
				}
			},
			after: time.Minute,
			want: fields(map[string]any{
				"state": "failed", "comment": "no more",
				"started_at": "2026-03-01T12:00:00Z", "completed_at": "2026-03-01T12:00:03Z",
			}),
		},
		{
			name: "is not completed while it waits for a retry",
			mutate: func(j *simulator.Job) {
				j.Steps = []simulator.Step{{State: "failed_will_retry", Comment: "again"}}
			},
			want: fields(map[string]any{"state": "failed_will_retry", "comment": "again"}),
		},
		{
			name: "loses its end if it is revived",
			mutate: func(j *simulator.Job) {
				j.Steps = []simulator.Step{{State: "aborted", For: time.Second}, {State: "queued"}}
			},
			after: time.Second,
			want:  fields(nil),
		},
		{
			name:   "has no state without steps",
			mutate: func(j *simulator.Job) { j.Steps = nil },
			want:   fields(map[string]any{"state": nil}),
		},
		{
			name:   "has no username when the system made it",
			mutate: func(j *simulator.Job) { j.CreatedByUsername = "" },
			want:   fields(map[string]any{"created_by_username": nil}),
		},
		{
			name:   "has no type when it has none",
			mutate: func(j *simulator.Job) { j.Type = "" },
			want:   fields(map[string]any{"type": nil}),
		},
		{
			name:   "has no corpus keys when they are nil",
			mutate: func(j *simulator.Job) { j.CorpusKeys = nil },
			want:   fields(map[string]any{"corpus_keys": nil}),
		},
		{
			name:   "has an empty list of corpus keys when it is empty",
			mutate: func(j *simulator.Job) { j.CorpusKeys = []string{} },
			want:   fields(map[string]any{"corpus_keys": []any{}}),
		},
		{
			name:   "was created when its author says",
			mutate: func(j *simulator.Job) { j.CreatedAt = epoch.Add(-time.Hour + time.Millisecond) },
			want:   fields(map[string]any{"created_at": "2026-03-01T11:00:00.001Z"}),
		},
		{
			name:   "loses a field that extra sets to nil",
			mutate: func(j *simulator.Job) { j.Extra = map[string]any{"created_at": nil} },
			want:   fields(map[string]any{"created_at": nil}),
		},
		{
			name: "carries what extra sets",
			mutate: func(j *simulator.Job) {
				j.Extra = map[string]any{"id": "job_other", "created_at": "yesterday", "progress": 0.5}
			},
			want: fields(map[string]any{"id": "job_other", "created_at": "yesterday", "progress": 0.5}),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := start(t, simulator.Options{})
			job := base()
			if test.mutate != nil {
				test.mutate(&job)
			}
			h.AddJob(job)
			h.clock.advance(test.after)

			got := h.getJob(t, testJob)

			if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
				t.Fatalf("got status %d, content type %q", got.status, got.header.Get("Content-Type"))
			}
			if object := got.object(t); !reflect.DeepEqual(object, test.want) {
				t.Errorf("got  %v\nwant %v", object, test.want)
			}
		})
	}
}

func TestExtraCanMakeAFieldNull(t *testing.T) {
	h := start(t, simulator.Options{})
	job := base()
	job.Extra = map[string]any{"started_at": json.RawMessage("null")}
	h.AddJob(job)
	if value, ok := h.getJob(t, testJob).object(t)["started_at"]; !ok || value != nil {
		t.Errorf("started_at is %v (there: %t), want null", value, ok)
	}
}

func TestExtraThatIsNotJSONIsAServerError(t *testing.T) {
	h := start(t, simulator.Options{})
	job := base()
	job.Extra = map[string]any{"odd": func() {}}
	h.AddJob(job)
	if got := h.getJob(t, testJob); got.status != http.StatusInternalServerError {
		t.Errorf("got status %d, want 500", got.status)
	}
}

func TestSetState(t *testing.T) {
	tests := []struct {
		name   string
		mutate func(*simulator.Job)
		after  time.Duration
		state  string
		want   map[string]any
	}{
		{
			name: "ends a started job now", after: 8 * time.Second, state: "failed",
			want: fields(map[string]any{
				"state": "failed", "comment": "by hand",
				"started_at": "2026-03-01T12:00:05Z", "completed_at": "2026-03-01T12:00:08Z",
			}),
		},
		{
			name: "starts a queued job now", after: 2 * time.Second, state: "started",
			want: fields(map[string]any{
				"state": "started", "comment": "by hand", "started_at": "2026-03-01T12:00:02Z",
			}),
		},
		{
			name: "aborts a job that never started", after: 2 * time.Second, state: "aborted",
			want: fields(map[string]any{
				"state": "aborted", "comment": "by hand", "completed_at": "2026-03-01T12:00:02Z",
			}),
		},
		{
			name:  "begins the life of a job without steps",
			after: 2 * time.Second, state: "started",
			mutate: func(j *simulator.Job) { j.Steps = nil },
			want: fields(map[string]any{
				"state": "started", "comment": "by hand", "started_at": "2026-03-01T12:00:02Z",
			}),
		},
		{
			name:  "begins the life of a job that nobody has requested yet",
			after: 2 * time.Second, state: "started",
			mutate: func(j *simulator.Job) { j.StartOnFirstGet = true },
			want: fields(map[string]any{
				"state": "started", "comment": "by hand", "started_at": "2026-03-01T12:00:02Z",
			}),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := start(t, simulator.Options{})
			job := base()
			if test.mutate != nil {
				test.mutate(&job)
			}
			h.AddJob(job)
			h.clock.advance(test.after)
			h.SetState(testJob, test.state, "by hand")
			h.clock.advance(time.Hour)
			if got := h.getJob(t, testJob).object(t); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %v\nwant %v", got, test.want)
			}
		})
	}
}

func TestLifeMayWaitForTheFirstAuthorisedGet(t *testing.T) {
	h := start(t, simulator.Options{})
	h.AddAPIKey("key-of-others", simulator.Access{Corpora: []string{"sales"}})
	job := base()
	job.StartOnFirstGet = true
	h.AddJob(job)
	h.clock.advance(time.Minute)

	h.get(t, "/v2/jobs")
	if got := h.do(t, http.MethodGet, h.URL()+"/v2/jobs/"+testJob, "", withKey("key-of-others")); got.status != http.StatusForbidden {
		t.Fatalf("got status %d for a key of others, want 403", got.status)
	}
	h.clock.advance(time.Minute)
	if got := h.getJob(t, testJob).object(t)["state"]; got != "queued" {
		t.Fatalf("the life began before the first authorised GET: it is %v", got)
	}
	h.clock.advance(5 * time.Second)
	got := h.getJob(t, testJob).object(t)
	if got["state"] != "started" || got["started_at"] != "2026-03-01T12:02:05Z" {
		t.Errorf("five seconds after the first GET the job is %v since %v", got["state"], got["started_at"])
	}
}

func TestJobsComeAndGo(t *testing.T) {
	h := start(t, simulator.Options{})
	h.SetState("job_unknown", "failed", "")
	h.RemoveJob("job_unknown")
	h.AddJob(base())
	replacement := base()
	replacement.Type = "bulk_delete_documents"
	h.AddJob(replacement)
	if got := h.getJob(t, testJob).object(t)["type"]; got != "bulk_delete_documents" {
		t.Errorf("the job that was replaced is still of type %v", got)
	}
	if got := h.get(t, "/v2/jobs").object(t)["jobs"].([]any); len(got) != 1 {
		t.Errorf("after replacing a job %d are listed, want 1", len(got))
	}
	h.RemoveJob(testJob)
	if got := h.getJob(t, testJob); got.status != http.StatusNotFound {
		t.Errorf("the status of a removed job is %d, want 404", got.status)
	}
}

func TestAJobIsTheSimulatorsOwnCopy(t *testing.T) {
	h := start(t, simulator.Options{})
	job := base()
	job.Extra = map[string]any{"new": "old"}
	h.AddJob(job)
	job.CorpusKeys[0], job.Steps[0].State, job.Extra["new"] = "sales", "failed", "changed"
	want := fields(map[string]any{"new": "old"})
	if got := h.getJob(t, testJob).object(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
