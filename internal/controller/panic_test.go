// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// treacherousSource panics for one subscriber.
type treacherousSource struct {
	fakeSource
	mu     sync.Mutex
	victim string
	panics []time.Time
}

func (s *treacherousSource) Watch(subscription jobs.Subscription) (jobs.Observation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if subscription.Key.Name == s.victim {
		s.panics = append(s.panics, time.Now())
		panic("index out of range: " + testAPIKey)
	}
	return s.fakeSource.Watch(subscription)
}

// TestAPanicConcernsOneObjectOnly runs the reconciler in controller-runtime's own controller.
func TestAPanicConcernsOneObjectOnly(t *testing.T) {
	bad, good := job(), job()
	bad.Name, good.Name = "bad", "good"
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bad, good, secret())
		treacherous := &treacherousSource{victim: "bad"}
		observation := seenIn("completed")
		observation.Request = requestOf(good)
		treacherous.observation = &observation
		w.Source = treacherous
		w.Writes = &WriteMonitor{Recorder: w.recorder, Metrics: countedFailures{}, Now: time.Now}

		options := withRetryLimit(controller.Options{Reconciler: w, MaxConcurrentReconciles: 1})
		options.LogConstructor = func(*reconcile.Request) logr.Logger { return logr.Discard() }
		c, err := controller.NewUnmanaged("panics", options)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Watch(source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
			for _, object := range []client.Object{bad, good} {
				queue.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)})
			}
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = c.Start(ctx) // It ends with the context.
		}()
		<-time.After(10 * time.Minute) // Of the bubble's clock.
		cancel()
		<-done

		if !stored(t, w, "good").IsFinished() {
			t.Error("The other object was not reconciled")
		}
		n := len(treacherous.panics)
		if n < 20 || n > 30 {
			t.Errorf("%d attempts in ten minutes, want about one a minute after those at the beginning", n)
		}
		if last := treacherous.panics[n-1].Sub(treacherous.panics[n-2]); last < 55*time.Second || last > 61*time.Second {
			t.Errorf("The last retry came after %v, want about a minute", last)
		}
		var notes []string
		for _, event := range w.recorder.events {
			if event.reason == "ReconcilePanicked" {
				notes = append(notes, event.note)
			}
		}
		if len(notes) != 1 || strings.Contains(notes[0], testAPIKey) {
			t.Errorf("The events are %q, want one, without what the panic says", notes)
		}
		if n, oldest := w.Writes.Stats(); n != 1 || oldest < 9*time.Minute {
			t.Errorf("%d could not be written for %v", n, oldest)
		}
		if got := panicsCounted(t, "panics"); got != float64(n) {
			t.Errorf("controller_runtime_reconcile_panics_total is %v, want %d", got, n)
		}
	})
}

func stored(t *testing.T, w *world, name string) *v1alpha1.VectaraJob {
	t.Helper()
	var object v1alpha1.VectaraJob
	if err := w.Client.Get(t.Context(), client.ObjectKey{Namespace: testNamespace, Name: name}, &object); err != nil {
		t.Fatal(err)
	}
	return &object
}

func panicsCounted(t *testing.T, name string) float64 {
	t.Helper()
	families, err := ctrlmetrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_panics_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetLabel()[0].GetValue() == name {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}
