// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// event is an object as a watch delivers it; with no state, it has not been seen yet.
func event(name string, state v1alpha1.JobState) *v1alpha1.VectaraJob {
	object := &v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if state != "" {
		object.Status.State = state
		object.Status.LastTransitionTime = &metav1.Time{Time: time.Now()}
	}
	return object
}

func TestTrackerNotesTheFirstTimes(t *testing.T) {
	tracked := newTracker(func() {})
	tracked.note(event("a", ""))
	if _, ok := tracked.seenAt("a"); ok {
		t.Error("an object without a status was seen")
	}
	tracked.note(event("a", v1alpha1.JobStateStarted))
	first, ok := tracked.seenAt("a")
	if _, ended := tracked.endedAt("a"); !ok || ended {
		t.Errorf("a running job: seen %v, ended %v", ok, ended)
	}
	tracked.note(event("a", v1alpha1.JobStateCompleted))
	if again, _ := tracked.seenAt("a"); again != first {
		t.Errorf("it was first seen at %v, and later at %v", first, again)
	}
	if ended, ok := tracked.endedAt("a"); !ok || ended.Before(first) {
		t.Errorf("it was first seen at %v and ended at %v", first, ended)
	}
}

func TestTrackerWaits(t *testing.T) {
	tracked := newTracker(func() {})
	waited := make(chan error, 1)
	go func() { waited <- tracked.awaitEnded(t.Context(), 2) }()
	tracked.note(event("a", v1alpha1.JobStateCompleted))
	tracked.note(event("b", v1alpha1.JobStateStarted))
	tracked.note(event("b", v1alpha1.JobStateFailed))
	if err := <-waited; err != nil {
		t.Fatal(err)
	}

	tracked.forget("a")
	enough := errors.New("enough")
	over, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	err := tracked.awaitSeen(over, 2)
	if !errors.Is(err, enough) || !strings.Contains(err.Error(), "1 of 2 objects have a state") {
		t.Errorf("after one was forgotten: got %v", err)
	}
}
