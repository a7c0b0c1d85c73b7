// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

var (
	writtenResource = schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "vectarajobs"}
	errNoPermission = apierrors.NewForbidden(writtenResource, testName, apiServerSays(`User "operator" cannot patch resource "vectarajobs/status" in API group "jobs.vectara.io"`))
	errByPolicy     = apierrors.NewForbidden(writtenResource, testName, apiServerSays("ValidatingAdmissionPolicy 'no-status' denied request"))
	errNotValid     = apierrors.NewInvalid(schema.GroupKind{Kind: v1alpha1.VectaraJobKind}, testName, field.ErrorList{field.Invalid(field.NewPath("status"), "", "no")})
)

// apiServerSays is an error in the words of the API server.
type apiServerSays string

func (s apiServerSays) Error() string { return string(s) }

type countedFailures map[metav1.StatusReason]int

func (c countedFailures) WriteFailed(reason metav1.StatusReason) { c[reason]++ }

// watchedWrites is a world with an object that has an answer to be written, and with a monitor.
func watchedWrites(t *testing.T) (*world, countedFailures) {
	t.Helper()
	object := job()
	w := newWorld(t, object, secret())
	w.answers(object, seenIn("started"))
	counted := countedFailures{}
	w.Writes = &WriteMonitor{Recorder: w.recorder, Metrics: counted, Now: func() time.Time { return w.now }}
	return w, counted
}

// fails reconciles as often as it takes time, while each write ends in an error.
func (w *world) fails(t *testing.T, err error, after ...time.Duration) {
	t.Helper()
	w.patchError = err
	for _, d := range after {
		w.now = noon.Add(d)
		_, _ = w.Reconcile(w.context(t), testRequest) // It fails: that is what is tested elsewhere.
	}
}

func TestFailedWritesAreMadeKnown(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		reason   metav1.StatusReason
		event    string // in its note; none if empty
		notReady bool
	}{
		{"a permission that the operator lacks", errNoPermission, metav1.StatusReasonForbidden, `cannot patch resource "vectarajobs/status"`, true},
		{"a policy that refuses one object", errByPolicy, metav1.StatusReasonForbidden, "ValidatingAdmissionPolicy 'no-status' denied request", false},
		{"a status that is not valid", errNotValid, metav1.StatusReasonInvalid, "is invalid", false},
		{"an API server that is not there says nothing of the object", errUnavailable, metav1.StatusReasonServiceUnavailable, "", false},
		{"an API server that asks for a pause", apierrors.NewTooManyRequests("later", 1), metav1.StatusReasonTooManyRequests, "", false},
		{"a conflict", errConflict, metav1.StatusReasonConflict, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, counted := watchedWrites(t)
			w.fails(t, test.err, 0, 10*time.Second)
			if len(w.recorder.events) > 0 {
				t.Errorf("Events after 10 s: %q", w.recorder.events)
			}
			w.fails(t, test.err, 20*time.Second, 40*time.Second, 70*time.Second)
			if got := (countedFailures{test.reason: 5}); !maps.Equal(counted, got) {
				t.Errorf("Counted are %v, want %v", counted, got)
			}
			if n, oldest := w.Writes.Stats(); n != 1 || oldest != 70*time.Second {
				t.Errorf("%d objects could not be written for %v, want 1 for 70 s", n, oldest)
			}
			if err := w.Writes.Ready(nil); (err != nil) != test.notReady {
				t.Errorf("Readiness is %v", err)
			}
			switch {
			case test.event == "" && len(w.recorder.events) > 0, test.event != "" && len(w.recorder.events) != 1:
				t.Fatalf("The events are %q", w.recorder.events)
			case test.event != "" && (w.recorder.events[0].reason != "WriteRefused" || !strings.Contains(w.recorder.events[0].note, test.event)):
				t.Errorf("The event is %q", w.recorder.events[0])
			}

			w.patchError, w.recorder.events, w.lines = nil, nil, nil
			w.reconcile(t)
			if n, oldest := w.Writes.Stats(); n != 0 || oldest != 0 {
				t.Errorf("After a write that succeeded, %d could not be written for %v", n, oldest)
			}
			if err := w.Writes.Ready(nil); err != nil {
				t.Errorf("After a write that succeeded: %v", err)
			}
			told := slices.ContainsFunc(w.recorder.events, func(e recorded) bool { return e.reason == "WriteSucceeded" })
			logged := strings.Contains(strings.Join(w.lines, "\n"), `"Can write the object again" "unwrittenFor"="1m10s"`)
			if want := test.event != ""; told != want || logged != want {
				t.Errorf("The end is in an event: %t, in the log: %t, want %t; %q", told, logged, want, w.lines)
			}
		})
	}
}

func TestReadinessWaitsForAPermission(t *testing.T) {
	w, _ := watchedWrites(t)
	w.fails(t, errNoPermission, 0, 30*time.Second)
	if err := w.Writes.Ready(nil); err != nil {
		t.Errorf("Not ready after 30 s already: %v", err)
	}
	w.now = noon.Add(31 * time.Second)
	if w.Writes.Ready(nil) == nil {
		t.Error("Ready after 31 s without a permission")
	}
}

func TestAnObjectThatIsGoneIsOwedNoWrite(t *testing.T) {
	w, _ := watchedWrites(t)
	w.fails(t, errNoPermission, 0, 20*time.Second)
	if err := w.Client.Delete(t.Context(), job()); err != nil {
		t.Fatal(err)
	}
	w.recorder.events = nil
	w.reconcile(t)
	if n, _ := w.Writes.Stats(); n != 0 || len(w.recorder.events) > 0 {
		t.Errorf("%d could not be written; the events are %q", n, w.recorder.events)
	}
}
