// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// tracker watches the objects of a namespace and notes when each was first seen in a state, as whoever waits for them
// would see it.
type tracker struct {
	stop context.CancelFunc

	mu      sync.Mutex
	seen    map[string]time.Time // when an object first had a state
	ended   map[string]time.Time // when an object first had a final state
	changed chan struct{}        // closed at the next change
}

func newTracker(stop context.CancelFunc) *tracker {
	return &tracker{stop: stop, seen: map[string]time.Time{}, ended: map[string]time.Time{}, changed: make(chan struct{})}
}

// track starts to watch the fleet's objects, and returns when it has seen those that exist.
func (f *fleet) track(ctx context.Context) (*tracker, error) {
	// It outlives the scenario that starts it.
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	t := newTracker(stop)
	if err := t.start(ctx, life, f); err != nil {
		stop()
		return nil, fmt.Errorf("watching %s: %w", f.namespace, err)
	}
	return t, nil
}

func (t *tracker) start(ctx, life context.Context, f *fleet) error {
	watched, err := cache.New(f.cluster.Config, cache.Options{
		Scheme:            f.scheme,
		DefaultNamespaces: map[string]cache.Config{f.namespace: {}},
		DefaultTransform:  cache.TransformStripManagedFields(),
	})
	if err != nil {
		return err
	}
	go func() { _ = watched.Start(life) }() // It ends with its context and for no other reason.
	informer, err := watched.GetInformer(ctx, &v1alpha1.VectaraJob{})
	if err != nil {
		return err
	}
	registered, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    t.note,
		UpdateFunc: func(_, now any) { t.note(now) },
	})
	if err != nil {
		return err
	}
	if !toolscache.WaitForCacheSync(ctx.Done(), registered.HasSynced) {
		return context.Cause(ctx)
	}
	return nil
}

func (t *tracker) note(object any) {
	job, ok := object.(*v1alpha1.VectaraJob)
	if !ok || !job.IsSeen() {
		return
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	noteFirst(t.seen, job.Name, now)
	if job.IsFinished() {
		noteFirst(t.ended, job.Name, now)
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

func noteFirst(times map[string]time.Time, name string, now time.Time) {
	if _, ok := times[name]; !ok {
		times[name] = now
	}
}

// seenAt and endedAt are when an object first had a state, or a final one.
func (t *tracker) seenAt(name string) (time.Time, bool)  { return t.at(t.seen, name) }
func (t *tracker) endedAt(name string) (time.Time, bool) { return t.at(t.ended, name) }

func (t *tracker) at(times map[string]time.Time, name string) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := times[name]
	return at, ok
}

// seenCount is how many objects have a state.
func (t *tracker) seenCount() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.seen)
}

// awaitSeen waits until so many objects have a state.
func (t *tracker) awaitSeen(ctx context.Context, n int) error {
	return t.await(ctx, n, "a state", t.seen)
}

// awaitEnded waits until so many objects have a final state.
func (t *tracker) awaitEnded(ctx context.Context, n int) error {
	return t.await(ctx, n, "a final state", t.ended)
}

func (t *tracker) await(ctx context.Context, n int, what string, times map[string]time.Time) error {
	for {
		t.mu.Lock()
		have, changed := len(times), t.changed
		t.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d objects have %s: %w", have, n, what, context.Cause(ctx))
		}
	}
}

// forget makes as if an object had never been there.
func (t *tracker) forget(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, name)
	delete(t.ended, name)
}
