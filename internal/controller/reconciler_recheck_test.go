// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

func TestAfterTheEndTheJobIsNotWatched(t *testing.T) {
	for _, state := range []v1alpha1.JobState{"completed", "failed", "aborted"} {
		t.Run(string(state), func(t *testing.T) {
			object := job(withState("started"))
			w := newWorld(t, object, secret())
			w.answers(object, seenIn(state))
			if result := w.reconcile(t); result != (ctrl.Result{}) {
				t.Errorf("The result is %+v, want none", result)
			}
			if !slices.Equal(w.source.unwatched, []jobs.Key{testKey}) {
				t.Errorf("Unwatched is %v, want the object", w.source.unwatched)
			}
			watched := len(w.source.subscriptions)
			w.reconcile(t)
			if len(w.source.subscriptions) != watched {
				t.Error("The source was called after the end")
			}
		})
	}
}

func TestANewGenerationAfterTheEndIsOnlyAcknowledged(t *testing.T) {
	object := job(withState("failed"), withGeneration(2))
	w := newWorld(t, object, secret())
	w.answers(object, seenIn("started"))
	w.reconcile(t)
	w.reconcile(t)

	w.expectNothingAsked(t)
	stored := w.stored(t)
	if stored.Status.State != "failed" || stored.Status.ObservedGeneration != 2 || len(w.patches) != 1 || len(w.recorder.events) != 0 {
		t.Errorf("Status is %+v after %d writes and %d events, want generation 2 after one write", stored.Status, len(w.patches), len(w.recorder.events))
	}
	for _, c := range stored.Status.Conditions {
		if c.ObservedGeneration != 2 {
			t.Errorf("%s carries generation %d, want 2", c.Type, c.ObservedGeneration)
		}
	}
}

func TestARecheckAfterTheEnd(t *testing.T) {
	before := job(withState("failed", createdAtNoon), withRequestedAt("again"))

	t.Run("changes nothing until Vectara has responded to it", func(t *testing.T) {
		w := newWorld(t, before, secret())
		w.reconcile(t)
		w.expectNoWrites(t)
	})
	t.Run("does not take an older observation for its own", func(t *testing.T) {
		w := newWorld(t, before, secret())
		older := seenIn("started")
		older.Request = jobs.Request{Generation: 1}
		w.source.observation = &older
		w.reconcile(t)
		w.expectNoWrites(t)
	})
	t.Run("that finds nothing new is acknowledged and no more", func(t *testing.T) {
		w := newWorld(t, before, secret())
		w.answers(before, withJobCreatedAtNoon(seenIn("failed")))
		w.reconcile(t)
		after := w.stored(t).Status
		if after.LastHandledReconcileAt != "again" || !slices.Equal(summary(after), summary(before.Status)) || len(w.recorder.events) != 0 {
			t.Errorf("Status is %+v, with the events %q", after, w.recorder.events)
		}
		if !slices.Equal(w.source.unwatched, []jobs.Key{testKey}) {
			t.Errorf("Unwatched is %v, want the object", w.source.unwatched)
		}
	})
	t.Run("follows Vectara if the job runs again", func(t *testing.T) {
		w := newWorld(t, before, secret())
		w.answers(before, seenIn("started"))
		w.reconcile(t)
		expectConditions(t, w.stored(t).Status, conditionsWanted("True Synced", "False JobStarted", "Reconciling True JobStarted"))
		if len(w.source.unwatched) != 0 {
			t.Error("The source no longer watches a job that runs")
		}
	})
	t.Run("that fails changes Synced and is not repeated", func(t *testing.T) {
		w := newWorld(t, before, secret())
		w.answers(before, failedBy(jobs.NotFound))
		w.reconcile(t)
		after := w.stored(t).Status
		expectConditions(t, after, conditionsWanted("False JobNotFound", "False JobFailed", "Stalled True JobFailed"))
		if after.State != "failed" || after.LastHandledReconcileAt != "again" {
			t.Errorf("Status is %+v", after)
		}
		if !slices.Equal(w.source.unwatched, []jobs.Key{testKey}) {
			t.Errorf("Unwatched is %v, want the object", w.source.unwatched)
		}
	})
}
