// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// fakeEvents is an API server that keeps events, unless respond says otherwise.
type fakeEvents struct {
	respond func(context.Context, *eventsv1.Event) error

	mu      sync.Mutex
	created []*eventsv1.Event
	calls   int
	open    int
	most    int // open at the same time
}

func (f *fakeEvents) create(ctx context.Context, event *eventsv1.Event) error {
	f.mu.Lock()
	respond := f.respond
	f.calls++
	f.open++
	f.most = max(f.most, f.open)
	f.mu.Unlock()
	var err error
	if respond != nil {
		err = respond(ctx, event)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
	if err == nil {
		f.created = append(f.created, event)
	}
	return err
}

func (f *fakeEvents) set(respond func(context.Context, *eventsv1.Event) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.respond = respond
}

func (f *fakeEvents) written() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.created)
}

type lostEvents struct{ atomic.Int64 }

func (l *lostEvents) EventLost() { l.Add(1) }

// writing is a writer that runs, in fake time.
type writing struct {
	*EventWriter

	server *fakeEvents
	lost   *lostEvents
	stop   func() // ends the writer, and returns when it has ended
}

func inEventWriter(t *testing.T, test func(w writing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := writing{server: &fakeEvents{}, lost: &lostEvents{}}
		w.EventWriter = NewEventWriter("operator-1", w.lost, w.server.create)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		w.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run returned %v", err)
			}
		})
		defer w.stop()
		test(w)
	})
}

func (w writing) emit(n int) {
	for range n {
		object := &v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "reindex", UID: "1", ResourceVersion: "7"}}
		w.Eventf(object, nil, corev1.EventTypeNormal, "JobStarted", "Mirror", "%d%% done", 50)
	}
}

func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestEventsWaitWhileMoreKeepComing(t *testing.T) {
	inEventWriter(t, func(w writing) {
		for range 100 { // A thousand events in a second.
			w.emit(10)
			after(10 * time.Millisecond)
		}
		if got := w.server.written(); got < 15 || got > 25 {
			t.Errorf("%d events were written in a second in which 1,000 came, want about 20", got)
		}
		after(time.Second)
		if got := w.server.written(); got != 1000 {
			t.Errorf("%d events were written once no more came, want all", got)
		}
	})
}

func TestSingleEventIsWrittenSoon(t *testing.T) {
	inEventWriter(t, func(w writing) {
		began := time.Now()
		w.emit(1)
		after(eventPause)
		if w.server.written() != 1 {
			t.Fatalf("%d events were written, want one", w.server.written())
		}
		got := w.server.created[0]
		if got.Name == "" || !got.EventTime.Equal(&metav1.MicroTime{Time: began}) {
			t.Errorf("the event has the name %q and the time %v, want a name and %v", got.Name, got.EventTime, began)
		}
		want := eventsv1.Event{
			ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: got.Name}, EventTime: got.EventTime,
			ReportingController: "vectara-job-operator", ReportingInstance: "operator-1",
			Action: "Mirror", Reason: "JobStarted", Type: "Normal", Note: "50% done",
			Regarding: corev1.ObjectReference{
				APIVersion: "jobs.vectara.io/v1alpha1", Kind: "VectaraJob", Namespace: "search", Name: "reindex", UID: "1", ResourceVersion: "7",
			},
		}
		if !equality.Semantic.DeepEqual(*got, want) {
			t.Errorf("the event is %+v, want %+v", *got, want)
		}
	})
}

func TestEventsOfDiscoveriesNameTheirKind(t *testing.T) {
	inEventWriter(t, func(w writing) {
		w.Eventf(&v1alpha1.VectaraJobDiscovery{}, nil, corev1.EventTypeNormal, "JobsDiscovered", "Discover", "note")
		after(eventPause)
		if got := w.server.created[0].Regarding.Kind; got != "VectaraJobDiscovery" {
			t.Errorf("the event is about a %s", got)
		}
	})
}

func TestEventsAreTriedAgainUntilTheAPIServerIsBack(t *testing.T) {
	for name, respond := range map[string]func(context.Context, *eventsv1.Event) error{
		"hangs": func(ctx context.Context, _ *eventsv1.Event) error {
			<-ctx.Done()
			return ctx.Err()
		},
		"cannot be reached":     func(context.Context, *eventsv1.Event) error { return errors.New("connection refused") },
		"has too many requests": func(context.Context, *eventsv1.Event) error { return apierrors.NewTooManyRequestsError("later") },
		"is not available":      func(context.Context, *eventsv1.Event) error { return apierrors.NewServiceUnavailable("no leader") },
	} {
		t.Run(name, func(t *testing.T) {
			inEventWriter(t, func(w writing) {
				w.server.set(respond)
				w.emit(1000)
				after(time.Minute)
				if w.server.written() > 0 || w.lost.Load() > 0 {
					t.Fatalf("%d events were written and %d lost in the meantime", w.server.written(), w.lost.Load())
				}
				if w.server.most > eventWriters || w.server.calls > eventWriters*60 {
					t.Errorf("%d calls were made within a minute, up to %d at the same time, want few", w.server.calls, w.server.most)
				}
				w.server.set(nil)
				after(2 * eventDeadline)
				if w.server.written() != 1000 || w.lost.Load() != 0 {
					t.Errorf("%d events were written and %d lost, want all of 1,000 written", w.server.written(), w.lost.Load())
				}
			})
		})
	}
}

func TestEventsThatTheAPIServerRefusesAreLostAndHoldUpNoOthers(t *testing.T) {
	events := schema.GroupResource{Group: "events.k8s.io", Resource: "events"}
	for name, refusal := range map[string]error{
		"forbidden":           apierrors.NewForbidden(events, "", errors.New("no role")),
		"invalid":             apierrors.NewInvalid(schema.GroupKind{Kind: "Event"}, "", nil),
		"refused by webhooks": apierrors.NewInternalError(errors.New("failed calling webhook")),
	} {
		t.Run(name, func(t *testing.T) {
			inEventWriter(t, func(w writing) {
				w.server.set(func(context.Context, *eventsv1.Event) error { return refusal })
				w.emit(100)
				after(time.Second)
				if w.lost.Load() != 100 || w.server.calls != 100 {
					t.Errorf("%d of 100 events were lost after %d calls, want one call each", w.lost.Load(), w.server.calls)
				}
				w.server.set(nil)
				w.emit(1)
				after(eventPause)
				if w.server.written() != 1 {
					t.Errorf("%d events were written afterwards, want one", w.server.written())
				}
			})
		})
	}
}

func TestEventsOfANamespaceThatGoesAreNotMissed(t *testing.T) {
	events := schema.GroupResource{Group: "events.k8s.io", Resource: "events"}
	terminating := apierrors.NewForbidden(events, "", errors.New("it is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for name, refusal := range map[string]error{"terminating": terminating, "gone": apierrors.NewNotFound(events, "")} {
		t.Run(name, func(t *testing.T) {
			inEventWriter(t, func(w writing) {
				w.server.set(func(context.Context, *eventsv1.Event) error { return refusal })
				w.emit(1)
				after(time.Minute)
				if w.server.calls != 1 || w.lost.Load() != 0 {
					t.Errorf("%d calls were made and %d events lost, want one call and none", w.server.calls, w.lost.Load())
				}
			})
		})
	}
}

func TestEventWhoseResponseWasLostIsNotWrittenAgain(t *testing.T) {
	inEventWriter(t, func(w writing) {
		first := true
		w.server.set(func(_ context.Context, event *eventsv1.Event) error {
			if first {
				first = false
				return errors.New("connection reset")
			}
			return apierrors.NewAlreadyExists(schema.GroupResource{Resource: "events"}, event.Name)
		})
		w.emit(1)
		after(time.Minute)
		if w.server.calls != 2 || w.lost.Load() != 0 {
			t.Errorf("%d calls were made and %d events lost, want two calls and none", w.server.calls, w.lost.Load())
		}
	})
}

func TestEventsAreBoundedWhileTheAPIServerIsAway(t *testing.T) {
	inEventWriter(t, func(w writing) {
		w.server.set(func(ctx context.Context, _ *eventsv1.Event) error {
			<-ctx.Done()
			return ctx.Err()
		})
		w.emit(eventWriters)
		after(time.Second)
		w.emit(maxWaitingEvents + 100)
		if got := w.lost.Load(); got != 100 {
			t.Errorf("%d events were lost, want the 100 for which there is no room", got)
		}
		w.server.set(nil)
		after(time.Minute)
		if got := w.server.written(); got != maxWaitingEvents+eventWriters {
			t.Errorf("%d events were written afterwards, want %d", got, maxWaitingEvents+eventWriters)
		}
	})
}

func TestEventsThatWaitAreWrittenWhenTheProcessEnds(t *testing.T) {
	inEventWriter(t, func(w writing) {
		w.emit(1000)
		w.stop()
		if got := w.server.written(); got != 1000 {
			t.Errorf("%d events were written, want all", got)
		}
	})
}

func TestEndOfTheProcessDoesNotWaitForAnAPIServerThatHangs(t *testing.T) {
	inEventWriter(t, func(w writing) {
		w.server.set(func(ctx context.Context, _ *eventsv1.Event) error {
			<-ctx.Done()
			return ctx.Err()
		})
		w.emit(1000)
		after(time.Second)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > eventFlush {
			t.Errorf("the end took %v, want at most %v", took, eventFlush)
		}
	})
}
