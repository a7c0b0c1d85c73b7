// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	eventutil "k8s.io/client-go/tools/record/util"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const (
	// maxWaitingEvents bounds the events that wait, about 16 MiB of them. More are lost.
	maxWaitingEvents = 16_384

	// eventWriters is how many events are written at the same time.
	eventWriters = 4

	// eventPause is the time between two events of a writer while more keep coming, and eventQuiet how long none must come for the
	// rest to be written without pauses.
	eventPause = 200 * time.Millisecond
	eventQuiet = 100 * time.Millisecond

	// eventDeadline is by when the API server must have responded, and eventPatience for how long an event is tried.
	eventDeadline = 10 * time.Second
	eventPatience = 2 * time.Minute

	// eventFlush is for how long the events that wait are still written once the process ends.
	eventFlush = 2 * time.Second
)

// EventLossRecorder counts events that are lost. Its methods must not block.
type EventLossRecorder interface {
	// EventLost records that an event was not written.
	EventLost()
}

// EventWriter writes events once status writes leave room for them. When many jobs change at once, each costs a status write and
// an event, and it is status that people, pipelines and other controllers wait for.
//
// It takes the place of client-go's broadcaster, which keeps a goroutine and a connection for each event while the API server does
// not respond, and remembers each event for minutes in order to count repetitions, of which there are none here.
type EventWriter struct {
	create   func(context.Context, *eventsv1.Event) error
	instance string
	lost     EventLossRecorder

	waiting chan *eventsv1.Event
	last    atomic.Int64 // when the last event came, in nanoseconds since 1970
	full    atomic.Bool  // whether the last event was lost because too many waited
}

var _ events.EventRecorder = &EventWriter{}

// NewEventWriter makes a writer, which writes nothing before Run. Events are created by the function and carry the name of this
// process, the instance, which has at most 128 characters.
func NewEventWriter(instance string, lost EventLossRecorder, create func(context.Context, *eventsv1.Event) error) *EventWriter {
	return &EventWriter{create: create, instance: instance, lost: lost, waiting: make(chan *eventsv1.Event, maxWaitingEvents)}
}

// Eventf implements events.EventRecorder for the operator's objects, without a related one. It does not block.
func (w *EventWriter) Eventf(regarding, _ runtime.Object, eventtype, reason, action, note string, args ...any) {
	now := time.Now()
	w.last.Store(now.UnixNano())
	object, err := meta.Accessor(regarding)
	if err != nil {
		ctrl.Log.Error(err, "An event is lost", "reason", reason)
		w.lost.EventLost()
		return
	}
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: object.GetNamespace(),
			Name:      eventutil.GenerateEventName(object.GetName(), now.UnixNano()),
		},
		EventTime:           metav1.NewMicroTime(now),
		ReportingController: FieldOwner,
		ReportingInstance:   w.instance,
		Action:              action,
		Reason:              reason,
		Regarding: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: kindOf(regarding), Namespace: object.GetNamespace(),
			Name: object.GetName(), UID: object.GetUID(), ResourceVersion: object.GetResourceVersion(),
		},
		Note: fmt.Sprintf(note, args...),
		Type: eventtype,
	}
	select {
	case w.waiting <- event:
		w.full.Store(false)
	default:
		w.lost.EventLost()
		if !w.full.Swap(true) { // One line for all that follow: they come by thousands.
			ctrl.Log.Error(nil, "Events are lost: too many wait to be written", "waiting", maxWaitingEvents)
		}
	}
}

func kindOf(object runtime.Object) string {
	if _, ok := object.(*v1alpha1.VectaraJobDiscovery); ok {
		return v1alpha1.VectaraJobDiscoveryKind
	}
	return v1alpha1.VectaraJobKind
}

// Run writes events until the context ends, and then, for a moment, those that wait.
func (w *EventWriter) Run(ctx context.Context) error {
	flushing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(eventFlush, cancel) })
	defer stop()
	var writers sync.WaitGroup
	for range eventWriters {
		writers.Go(func() { w.write(ctx, flushing) })
	}
	writers.Wait()
	if n := len(w.waiting); n > 0 {
		ctrl.Log.Error(nil, "Events are lost: the process ends", "waiting", n)
	}
	return nil
}

// write writes events until ctx ends, and then those that wait until flushing ends.
func (w *EventWriter) write(ctx, flushing context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case event := <-w.waiting:
			if time.Since(time.Unix(0, w.last.Load())) < eventQuiet {
				pause(ctx, eventPause)
			}
			w.writeOne(flushing, event)
		}
	}
	for flushing.Err() == nil {
		select {
		case event := <-w.waiting:
			w.writeOne(flushing, event)
		default:
			return
		}
	}
}

// writeOne creates one event. If the API server does not respond, or has no time, it is tried again: what is wrong then is not about
// this event, so that others can wait for it.
func (w *EventWriter) writeOne(ctx context.Context, event *eventsv1.Event) {
	ctx, cancel := context.WithTimeout(ctx, eventPatience)
	defer cancel()
	backoff := wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 0.2, Steps: 20, Cap: eventDeadline}
	for {
		err := w.tryOnce(ctx, event)
		switch {
		case err == nil, apierrors.IsAlreadyExists(err): // It was created, and the response was lost.
			return
		case apierrors.IsNotFound(err), apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
			return // Its namespace goes, and the event would with it.
		case ctx.Err() != nil, isFinal(err):
			ctrl.Log.Error(err, "An event is lost", "kind", event.Regarding.Kind, "namespace", event.Regarding.Namespace,
				"name", event.Regarding.Name, "reason", event.Reason)
			w.lost.EventLost()
			return
		}
		pause(ctx, backoff.Step())
	}
}

func (w *EventWriter) tryOnce(ctx context.Context, event *eventsv1.Event) error {
	ctx, cancel := context.WithTimeout(ctx, eventDeadline)
	defer cancel()
	return w.create(ctx, event)
}

// isFinal tells what the API server says of this event from what it says of itself.
func isFinal(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && !apierrors.IsTooManyRequests(err) && !apierrors.IsServiceUnavailable(err) &&
		!apierrors.IsTimeout(err) && !apierrors.IsServerTimeout(err)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
