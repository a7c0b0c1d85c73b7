// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// run is what is recorded of a job that ended.
type run struct {
	kind    v1alpha1.JobType
	outcome v1alpha1.JobState
	took    time.Duration
}

// fakeMetrics remembers what was recorded.
type fakeMetrics struct {
	ends []v1alpha1.JobState
	runs []run
	lags []time.Duration
}

func (m *fakeMetrics) JobEnded(_ v1alpha1.JobType, outcome v1alpha1.JobState) {
	m.ends = append(m.ends, outcome)
}

func (m *fakeMetrics) JobRan(kind v1alpha1.JobType, outcome v1alpha1.JobState, d time.Duration) {
	m.runs = append(m.runs, run{kind, outcome, d})
}

func (m *fakeMetrics) EndShown(lag time.Duration) { m.lags = append(m.lags, lag) }

// between has Vectara say when, before noon, the job started and ended. 0 leaves a time out.
func between(started, ended time.Duration) func(*vectara.Job) {
	return func(job *vectara.Job) {
		if started != 0 {
			job.StartedAt = noon.Add(-started)
		}
		if ended != 0 {
			job.CompletedAt = noon.Add(-ended)
		}
	}
}

// applyTo applies what is decided for the stored object.
func (w *world) applyTo(t *testing.T, found gathered) error {
	t.Helper()
	s := scopeOf(w.stored(t), found, w.now)
	return w.apply(w.context(t), s, decide(s))
}

func TestEndsOfJobsAreMeasured(t *testing.T) {
	const kind = "replace_filter_attributes"
	running := job(withState("started"))
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		found  gathered
		runs   []run
		lags   []time.Duration
	}{
		{"a job that completes", running, answer("completed", between(20*time.Minute, 3*time.Second)),
			[]run{{kind, "completed", 20*time.Minute - 3*time.Second}}, []time.Duration{3 * time.Second}},
		{"a job that fails", running, answer("failed", between(time.Minute, time.Second)),
			[]run{{kind, "failed", 59 * time.Second}}, []time.Duration{time.Second}},
		{"a job that is aborted before it starts", running, answer("aborted", between(0, time.Second)),
			nil, []time.Duration{time.Second}},
		{"a job that ends when nobody says", running, answer("completed", between(time.Minute, 0)), nil, nil},
		{"a job that is still running", running, answer("started", between(time.Minute, 0)), nil, nil},
		{"a job that is still to be tried again, with the time of an attempt's end", running,
			answer("failed_will_retry", between(time.Minute, time.Second)), nil, nil},
		{"a job that cannot be seen", running, failure(apiFault(jobs.Unavailable)), nil, nil},
		{"a job that was never seen, and that ended after somebody applied it", job(withAge(time.Minute)),
			answer("completed", between(2*time.Minute, 10*time.Second)),
			[]run{{kind, "completed", 110 * time.Second}}, []time.Duration{10 * time.Second}},
		{"a job that had ended before somebody applied it", job(withAge(time.Minute)),
			answer("completed", between(2*time.Hour, time.Hour)), []run{{kind, "completed", time.Hour}}, nil},
		{"a job that Vectara still showed as running when it had ended", job(withAge(10*time.Second), withStateSince("started", noon.Add(-5*time.Second))),
			answer("completed", between(time.Minute, 20*time.Second)),
			[]run{{kind, "completed", 40 * time.Second}}, []time.Duration{20 * time.Second}},
		{"a job that was out of sight when it ended", job(withState("started"), withFault(apiFault(jobs.Unavailable))),
			answer("completed", between(time.Hour, time.Minute)),
			[]run{{kind, "completed", 59 * time.Minute}}, []time.Duration{time.Minute}},
		{"a recheck of a job that had ended", job(withState("completed"), withRequestedAt("now")),
			answer("completed", between(time.Hour, time.Minute)), nil, nil},
		{"a recheck that finds another end", job(withState("completed"), withRequestedAt("now")),
			answer("failed", between(time.Hour, time.Minute)), nil, nil},
		{"a job that ends in Vectara's future", running, answer("completed", between(time.Minute, -time.Minute)),
			[]run{{kind, "completed", 2 * time.Minute}}, []time.Duration{0}},
		{"a job that ends before it starts", running, answer("completed", between(time.Second, time.Minute)),
			[]run{{kind, "completed", 0}}, []time.Duration{time.Minute}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, metrics := newWorld(t, test.object.DeepCopy()), &fakeMetrics{}
			w.Metrics = metrics
			if err := w.applyTo(t, test.found); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(metrics.runs, test.runs) {
				t.Errorf("Runs are %v, want %v", metrics.runs, test.runs)
			}
			if !slices.Equal(metrics.lags, test.lags) {
				t.Errorf("Lags are %v, want %v", metrics.lags, test.lags)
			}
		})
	}
}

func TestEndsAreCountedUnlessTheyAreLongAgo(t *testing.T) {
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		found  gathered
		want   []v1alpha1.JobState
	}{
		{"a job that fails", job(withState("started")), answer("failed", between(time.Minute, time.Second)), []v1alpha1.JobState{"failed"}},
		{"a job that fails when nobody says", job(withState("queued")), answer("failed"), []v1alpha1.JobState{"failed"}},
		{"a job that was out of sight for long when it failed", job(withState("started")), answer("failed", between(5*time.Hour, 2*time.Hour)), []v1alpha1.JobState{"failed"}},
		{"a job that had failed before somebody applied it", job(), answer("failed", between(time.Hour, time.Minute)), []v1alpha1.JobState{"failed"}},
		{"a job that had failed yesterday", job(), answer("failed", between(25*time.Hour, 24*time.Hour)), nil},
		{"a job that is running", job(), answer("started", between(time.Hour, 0)), nil},
		{"a recheck of a job that had failed", job(withState("failed"), withRequestedAt("now")), answer("failed", between(time.Hour, time.Minute)), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, metrics := newWorld(t, test.object.DeepCopy()), &fakeMetrics{}
			w.Metrics = metrics
			if err := w.applyTo(t, test.found); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(metrics.ends, test.want) {
				t.Errorf("Counted are %v, want %v", metrics.ends, test.want)
			}
		})
	}
}

func TestWhatWasNotWrittenIsNotMeasured(t *testing.T) {
	object := job(withState("started"))
	w, metrics := newWorld(t, object), &fakeMetrics{}
	w.Metrics, w.patchError = metrics, errConflict
	found := answer("completed", between(time.Minute, time.Second))
	if err := w.applyTo(t, found); err == nil {
		t.Fatal("The write succeeded, want a conflict")
	}
	if len(metrics.ends)+len(metrics.runs)+len(metrics.lags) > 0 {
		t.Errorf("Measured are %v and %v, want nothing", metrics.runs, metrics.lags)
	}
}

func TestNobodyNeedsToMeasure(t *testing.T) {
	w := newWorld(t, job(withState("started")))
	if err := w.applyTo(t, answer("completed", between(time.Minute, time.Second))); err != nil {
		t.Fatal(err)
	}
}
