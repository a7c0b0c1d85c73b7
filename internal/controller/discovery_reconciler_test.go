// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

var discoveryKey = jobs.Key{Namespace: testNamespace, Name: testDiscovery}

func suspendedDiscovery(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Suspend = ptr.To(true) }

func discoveryBeingDeleted(d *v1alpha1.VectaraJobDiscovery) {
	d.Finalizers = []string{"example.com/audit"}
	d.DeletionTimestamp = timestamp(noon)
}

func TestAListIsCarriedOutAndWrittenDownOnce(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a", "job_b")...)
	version := w.stored(t).ResourceVersion

	first := w.reconcile(t)
	w.expectVectaraJobs(t, "job_a", "job_b")
	w.expectConditions(t, "Ready True JobsDiscovered")
	got := w.stored(t).Status
	if *got.ObservedJobs != 2 || got.CreatedJobs != 2 || *got.MirroredJobs != 2 || *got.WaitingJobs != 0 || !got.LastSweepTime.Equal(timestamp(ago(2*time.Second))) {
		t.Errorf("Status is %+v", got)
	}
	var patch map[string]map[string]any
	if err := json.Unmarshal([]byte(w.patches[0]), &patch); err != nil {
		t.Fatalf("Reading the patch: %v", err)
	}
	if keys := slices.Sorted(maps.Keys(patch)); !slices.Equal(keys, []string{"metadata", "status"}) ||
		len(patch["metadata"]) != 1 || patch["metadata"]["resourceVersion"] != version {
		t.Errorf("The patch is %s, want status and the version that it was computed from", w.patches[0])
	}
	if first.RequeueAfter < 59*time.Minute || first.RequeueAfter > 61*time.Minute {
		t.Errorf("It is reconciled again after %v, want an hour, for lastSweepTime", first.RequeueAfter)
	}

	w.now = noon.Add(time.Minute)
	w.source.listing.Asked, w.source.listing.Answered = w.now, w.now
	w.reconcile(t)
	w.expectCalls(t, 2, 1)
	if w.metrics.discovered != 2 {
		t.Errorf("Recorded are %d", w.metrics.discovered)
	}
}

func TestWhatADiscoveryRecords(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(withMaxJobs(7)), secret())
	w.lists(t, listed(manyIDs(8)...)...)
	w.reconcile(t)
	want := []recorded{
		{"Normal", "Created", "Discover", "Created 7 VectaraJobs: legal-15kmkhqn39i1u9ql, legal-fn4umpofl1n4qhkg, legal-4c4ir168m9p4r9qq, legal-u1u3euh9e076jokv, legal-c5kso65rdme6pfcf, …"},
		{"Warning", "MaxJobsReached", "Discover", "1 matching job waits for a VectaraJob: there are as many as spec.maxJobs allows (7). " +
			"Delete some that you no longer need, lower spec.template.spec.ttlSecondsAfterFinished so that finished ones are deleted sooner, " +
			"narrow what matches, or raise spec.maxJobs."},
	}
	if !slices.Equal(w.recorder.events, want) {
		t.Errorf("Events are %q, want %q", w.recorder.events, want)
	}
	if strings.Contains(strings.Join(w.lines, "\n"), testAPIKey) {
		t.Error("The log contains the key")
	}
	w.lines = nil

	w.recorder.events, w.source.listing.Fault = nil, ptr.To(apiFault(jobs.Unavailable))
	w.reconcile(t)
	w.source.listing.Fault = nil
	w.remove(t, "job_00003")
	w.reconcile(t)
	var notes []string
	for _, event := range w.recorder.events {
		notes = append(notes, event.kind+" "+event.reason+": "+event.note)
	}
	if len(notes) != 3 || !strings.HasPrefix(notes[0], "Warning APIUnavailable: ") || notes[1] != "Normal Created: Created a VectaraJob: legal-mc1kn20pd3lavmj8" ||
		!strings.HasPrefix(notes[2], "Normal JobsDiscovered: ") {
		t.Errorf("Events are %q", notes)
	}
	if log := strings.Join(w.lines, "\n"); !strings.Contains(log, "Cannot list jobs") || !strings.Contains(log, "Can list jobs again") {
		t.Errorf("The log is %s", log)
	}
}

func TestWhatIsNotReconciled(t *testing.T) {
	for name, change := range map[string]discoveryOption{
		"a suspended discovery":             suspendedDiscovery,
		"a discovery that is being deleted": discoveryBeingDeleted,
		"a discovery that is gone":          func(d *v1alpha1.VectaraJobDiscovery) { d.Name = "another" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newDiscoveryWorld(t, discovery(change), secret())
			w.source.listing = list(listed("job_a")...)
			if result := w.reconcile(t); result != (ctrl.Result{}) {
				t.Errorf("The result is %+v, want none", result)
			}
			w.expectCalls(t, 0, 0)
			if len(w.source.subscriptions) > 0 || !slices.Equal(w.source.unwatched, []jobs.Key{discoveryKey}) {
				t.Errorf("Watched was %v and unwatched %v, want the list unwatched", w.source.subscriptions, w.source.unwatched)
			}
		})
	}
}

func TestWhatIsListedForADiscovery(t *testing.T) {
	d := discovery(func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.States = []v1alpha1.JobState{"queued", "started"}
		d.Spec.LookBack = &metav1.Duration{Duration: time.Hour}
		d.Spec.Interval = &metav1.Duration{Duration: 10 * time.Second}
		d.Generation = 3
		metav1.SetMetaDataAnnotation(&d.ObjectMeta, v1alpha1.RequestedAtAnnotation, "now")
	})
	w := newDiscoveryWorld(t, d, secret())
	if result := w.reconcile(t); result != (ctrl.Result{}) {
		t.Errorf("The result is %+v, want none: the source enqueues it", result)
	}
	w.expectCalls(t, 0, 0)
	got := w.source.subscriptions[0]
	if got.Key != discoveryKey || got.UID != string(d.UID) || got.Credentials.APIKey != testAPIKey || !got.Listed.IsZero() {
		t.Errorf("The subscription is %+v, want that of the discovery and its Secret", got)
	}
	if !slices.Equal(got.States, []string{"queued", "started"}) || got.Window != (jobs.Window{LookBack: time.Hour}) || got.Interval != 10*time.Second ||
		got.Request != (jobs.Request{Generation: 3, RequestedAt: "now"}) || got.Match == nil || got.Enqueue == nil {
		t.Errorf("The subscription is %+v", got)
	}
}

func TestAListForAnOlderGenerationIsNotCarriedOut(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Generation = 2 }), secret())
	w.source.listing = list(listed("job_a")...) // For generation 1.
	w.reconcile(t)
	w.expectCalls(t, 0, 0)
}

func TestWithoutCredentialsNothingIsListed(t *testing.T) {
	for _, test := range []struct {
		name    string
		objects []client.Object
		reason  string
	}{
		{"there is no Secret", nil, "CredentialsNotFound"},
		{"the Secret is of another type", []client.Object{secret(withType("Opaque"))}, "CredentialsNotFound"},
		{"the Secret is malformed", []client.Object{secret(withData("api_key", testAPIKey))}, "CredentialsInvalid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newDiscoveryWorld(t, append(test.objects, discovery())...)
			w.lists(t, listed("job_a")...)
			for range 3 {
				w.reconcile(t)
			}
			w.expectConditions(t, "Ready False "+test.reason, "Stalled True "+test.reason)
			w.expectCalls(t, 0, 1)
			if len(w.source.subscriptions) > 0 || !slices.Contains(w.source.unwatched, discoveryKey) {
				t.Errorf("Watched was %v and unwatched %v", w.source.subscriptions, w.source.unwatched)
			}
		})
	}
}

func TestAFaultIsWrittenOnce(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	for _, kind := range []jobs.FaultKind{jobs.Unavailable, jobs.PermissionDenied} {
		w.patches = nil
		w.lists(t)
		w.source.listing.Fault = ptr.To(apiFault(kind))
		for i := range 3 {
			w.now = w.now.Add(time.Minute)
			w.source.listing.Failures = i + 1
			w.reconcile(t)
		}
		w.expectCalls(t, 0, 1)
	}
	w.expectConditions(t, "Ready False PermissionDenied", "Stalled True PermissionDenied")
}

func TestNothingIsCreatedThatTheOperatorWouldNotWatch(t *testing.T) {
	shard := labels.SelectorFromSet(labels.Set{"shard": "1"})
	w := newDiscoveryWorld(t, discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Labels = map[string]string{"shard": "1"} }), secret())
	w.Selector = shard
	w.lists(t, listed("job_a")...)
	w.reconcile(t)
	w.expectCalls(t, 0, 1)
	w.expectConditions(t, "Ready False NotWatched", "Stalled True NotWatched")
	if got := w.stored(t).Status; len(got.HandledJobs) > 0 {
		t.Errorf("It remembers %v, and has created nothing", got.HandledJobs)
	}

	labelled := w.stored(t)
	labelled.Spec.Template.Metadata.Labels = map[string]v1alpha1.LabelValue{"shard": "1"}
	if err := w.cluster.Update(t.Context(), labelled); err != nil {
		t.Fatal(err)
	}
	w.reconcile(t)
	w.expectVectaraJobs(t, "job_a")
	w.expectConditions(t, "Ready True JobsDiscovered")
}

func TestTheEndOfTheProcessIsNoErrorOfADiscovery(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a")...)
	w.patchError = context.Canceled
	ctx, cancel := context.WithCancel(w.context(t))
	cancel()
	if result, err := w.Reconcile(ctx, discoveryRequest); err != nil || result != (ctrl.Result{}) {
		t.Errorf("Reconcile gives %+v and %v, want nothing", result, err)
	}
}
