// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// summary is the conditions as "Type Status Reason", in the order of their types.
func summary(status v1alpha1.VectaraJobStatus) []string {
	lines := make([]string, 0, len(status.Conditions))
	for _, c := range status.Conditions {
		lines = append(lines, fmt.Sprintf("%s %s %s", c.Type, c.Status, c.Reason))
	}
	slices.Sort(lines)
	return lines
}

// conditionsWanted is what summary gives for an outcome.
func conditionsWanted(synced, ready, progress string) []string {
	wanted := []string{"Synced " + synced, "Ready " + ready}
	if progress != "" {
		wanted = append(wanted, progress)
	}
	slices.Sort(wanted)
	return wanted
}

func expectConditions(t *testing.T, status v1alpha1.VectaraJobStatus, want []string) {
	t.Helper()
	if got := summary(status); !slices.Equal(got, want) {
		t.Errorf("Conditions are %q, want %q", got, want)
	}
}

func reasonOf(readyStatus string) string {
	var status, reason string
	_, _ = fmt.Sscan(readyStatus, &status, &reason)
	return reason
}

func TestAnswersDecideAllConditionsWhateverWasBefore(t *testing.T) {
	for _, before := range histories {
		for _, row := range stateRows {
			t.Run(before.name+": "+row.name, func(t *testing.T) {
				found := answer(row.state)
				next := statusAfter(before.object(), found, noon)

				progress := row.progress
				if progress != "" {
					progress += " True " + reasonOf(row.ready)
				}
				expectConditions(t, next, conditionsWanted("True Synced", row.ready, progress))
				if next.State != row.state {
					t.Errorf("state is %q, want %q", next.State, row.state)
				}
			})
		}
	}
}

func TestFaultsDecideConditionsByWhatWasSeenBefore(t *testing.T) {
	for _, before := range histories {
		for _, row := range faultRows {
			t.Run(before.name+": "+row.name, func(t *testing.T) {
				next := statusAfter(before.object(), row.found, noon)

				synced, ready, progress := "False "+row.reason, "", ""
				switch {
				case before.finished:
					ready = before.ready
					if before.progress != "" {
						progress = before.progress + " True " + reasonOf(before.ready)
					}
				case row.blocking:
					ready, progress = "False "+row.reason, "Stalled True "+row.reason
				case before.seen:
					ready, progress = before.ready, "Reconciling True "+row.reason
				default:
					ready, progress = "Unknown "+row.reason, "Reconciling True "+row.reason
				}
				expectConditions(t, next, conditionsWanted(synced, ready, progress))
			})
		}
	}
}

func TestNotFoundStallsOnlyAfterTheFirstMinute(t *testing.T) {
	const young, old = "Reconciling True JobNotFound", "Stalled True JobNotFound"
	for _, test := range []struct {
		name     string
		object   *v1alpha1.VectaraJob
		progress string
	}{
		{"an object of one second may still come to be known", job(withAge(time.Second)), young},
		{"an object of 59 seconds may still come to be known", job(withAge(59 * time.Second)), young},
		{"an object of one minute needs a person", job(withAge(time.Minute)), old},
		{"an object that the API server's faster clock puts in the future may still come to be known", job(withAge(-2 * time.Second)), young},
		{"a young object whose job was seen needs a person", job(withAge(30*time.Second), withState("started")), old},
	} {
		t.Run(test.name, func(t *testing.T) {
			next := statusAfter(test.object, failure(apiFault(jobs.NotFound)), noon)
			expectConditions(t, next, conditionsWanted("False JobNotFound", "False JobNotFound", test.progress))
		})
	}

	t.Run("when the minute is over only Reconciling gives way to Stalled", func(t *testing.T) {
		object := job(withAge(30 * time.Second))
		object.Status = statusAfter(object, failure(apiFault(jobs.NotFound)), noon)
		next := statusAfter(object, failure(apiFault(jobs.NotFound)), noon.Add(31*time.Second))
		expectConditions(t, next, conditionsWanted("False JobNotFound", "False JobNotFound", old))
		for _, kind := range []string{v1alpha1.ConditionSynced, v1alpha1.ConditionReady} {
			before, after := meta.FindStatusCondition(object.Status.Conditions, kind), meta.FindStatusCondition(next.Conditions, kind)
			if !equality.Semantic.DeepEqual(before, after) {
				t.Errorf("%s went from %+v to %+v", kind, before, after)
			}
		}
	})

	t.Run("a young object that is not let in stalls at once", func(t *testing.T) {
		next := statusAfter(job(withAge(time.Second)), failure(apiFault(jobs.PermissionDenied)), noon)
		expectConditions(t, next, conditionsWanted("False PermissionDenied", "False PermissionDenied", "Stalled True PermissionDenied"))
	})
}

func TestAnswersAreMirrored(t *testing.T) {
	found := answer("completed", func(j *vectara.Job) {
		j.CorpusKeys = []string{"legal", "finance"}
		j.StartedAt = noon.Add(-90 * time.Minute)
		j.CompletedAt = noon.Add(-time.Minute)
		j.Comment = "12 documents\nleft out"
	})
	next := statusAfter(job(), found, noon)
	next.Conditions = nil

	want := v1alpha1.VectaraJobStatus{
		ObservedGeneration: 1,
		State:              "completed",
		Type:               "replace_filter_attributes",
		CorpusKeys:         []string{"legal", "finance"},
		CreatedAt:          timestamp(time.Date(2026, time.March, 1, 10, 0, 0, 0, time.UTC)),
		StartedAt:          timestamp(time.Date(2026, time.March, 1, 10, 30, 0, 0, time.UTC)),
		CompletedAt:        timestamp(time.Date(2026, time.March, 1, 11, 59, 0, 0, time.UTC)),
		CreatedByUsername:  "jdoe",
		Comment:            "12 documents\nleft out",
		LastTransitionTime: timestamp(time.Date(2026, time.March, 1, 11, 59, 59, 0, time.UTC)),
	}
	if !equality.Semantic.DeepEqual(next, want) {
		t.Errorf("Status is %+v, want %+v", next, want)
	}
}

func TestWhatVectaraLeavesOutIsTakenAway(t *testing.T) {
	object := job(withState("started", func(j *vectara.Job) { j.Comment, j.StartedAt = "first attempt", noon.Add(-time.Hour) }))
	next := statusAfter(object, answer("started", func(j *vectara.Job) { *j = vectara.Job{ID: j.ID, State: j.State} }), noon)
	next.Conditions = nil
	want := v1alpha1.VectaraJobStatus{
		ObservedGeneration: 1, State: "started", LastTransitionTime: object.Status.LastTransitionTime,
	}
	if !equality.Semantic.DeepEqual(next, want) {
		t.Errorf("Status is %+v, want %+v", next, want)
	}
}

// mirrored is the part of a status that only a response with the job may change.
func mirrored(status v1alpha1.VectaraJobStatus) v1alpha1.VectaraJobStatus {
	status.Conditions, status.ObservedGeneration, status.LastHandledReconcileAt = nil, 0, ""
	return status
}

func TestFaultsNeverTouchWhatWasMirrored(t *testing.T) {
	for _, before := range histories {
		for _, row := range faultRows {
			t.Run(before.name+": "+row.name, func(t *testing.T) {
				object := before.object()
				next := statusAfter(object, row.found, noon)
				if got, want := mirrored(next), mirrored(object.Status); !equality.Semantic.DeepEqual(got, want) {
					t.Errorf("The mirror went from %+v to %+v", want, got)
				}
			})
		}
	}
}

func TestLastTransitionTimeFollowsTheState(t *testing.T) {
	seen := noon.Add(-10 * time.Minute)
	answered := noon.Add(-time.Second)
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		found  gathered
		want   time.Time
	}{
		{"the first answer sets it to the time of the answer", job(), answer("queued"), answered},
		{"the first answer sets it even without a state", job(), answer(""), answered},
		{"the same state keeps it", job(withState("started")), answer("started"), seen},
		{"the same state with another comment keeps it", job(withState("started")), answer("started", func(j *vectara.Job) { j.Comment = "half" }), seen},
		{"another state moves it", job(withState("queued")), answer("started"), answered},
		{"a state that vanishes moves it", job(withState("started")), answer(""), answered},
		{"a recheck that finds the job running again moves it", job(withState("failed"), withRequestedAt("again")), answer("started"), answered},
		{"a fault keeps it", job(withState("started")), failure(apiFault(jobs.Unavailable)), seen},
	} {
		t.Run(test.name, func(t *testing.T) {
			next := statusAfter(test.object, test.found, noon)
			if next.LastTransitionTime == nil || !next.LastTransitionTime.Time.Equal(test.want.Truncate(time.Second)) {
				t.Errorf("lastTransitionTime is %v, want %v", next.LastTransitionTime, test.want)
			}
		})
	}
	t.Run("a fault before the first observation sets none", func(t *testing.T) {
		if next := statusAfter(job(), failure(apiFault(jobs.Unavailable)), noon); next.LastTransitionTime != nil {
			t.Errorf("lastTransitionTime is %v, want none", next.LastTransitionTime)
		}
	})
}

func TestConditionsTurnWhenTheirStatusDoes(t *testing.T) {
	object := job(withState("queued"))
	before := object.Status.Conditions[0].LastTransitionTime

	running := statusAfter(object, answer("started"), noon)
	if got := meta.FindStatusCondition(running.Conditions, v1alpha1.ConditionReady).LastTransitionTime; !got.Equal(&before) {
		t.Errorf("Ready stayed False, but its lastTransitionTime went from %v to %v", before, got)
	}
	done := statusAfter(object, answer("completed"), noon)
	if got, want := meta.FindStatusCondition(done.Conditions, v1alpha1.ConditionReady).LastTransitionTime, timestamp(noon); !got.Equal(want) {
		t.Errorf("Ready turned True at %v, want %v", got, want)
	}
}

func TestFailedJobsSayWhatVectaraRemarked(t *testing.T) {
	next := statusAfter(job(), answer("failed", func(j *vectara.Job) { j.Comment = "Attribute lang is not a text." }), noon)
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionStalled} {
		if got, want := meta.FindStatusCondition(next.Conditions, kind).Message, "The job failed. Attribute lang is not a text."; got != want {
			t.Errorf("%s says %q, want %q", kind, got, want)
		}
	}
}
