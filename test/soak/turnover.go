// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const (
	// creating is how many objects are created at a time in the beginning.
	creating = 16

	lookBack      = 10 * time.Minute
	discoverEvery = 20 * time.Second

	// foundShare is the part of the jobs that have no object of the soak's: a discovery creates it.
	foundShare = 0.1
	// deletedShare is the part of the objects that are deleted while their jobs run.
	deletedShare = 0.03
	// retryShare is the part of the jobs that fail once and are tried again.
	retryShare = 0.2

	// keptFinished is how long an object without a TTL is kept after the end of its job.
	keptFinished = 90 * time.Second
	// keptJob is how long Vectara knows a job whose object is gone: absence from a list means nothing, and presence on one
	// is no reason to create an object anew.
	keptJob = 5 * time.Minute
)

// turnover begins and ends jobs.
type turnover struct {
	*world
	random *rand.Rand

	mu      sync.Mutex
	serial  int
	running []string // IDs of jobs to end
}

func newTurnover(w *world) *turnover {
	return &turnover{world: w, random: rand.New(rand.NewPCG(w.options.seed, 1))} //nolint:gosec // As for faults.
}

// fill creates as many objects as there are to be, for jobs that have been running for an hour or two.
func (t *turnover) fill(ctx context.Context) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(creating)
	for range t.options.size {
		l := t.plan(true)
		group.Go(func() error { return t.begin(groupCtx, l) })
	}
	return group.Wait()
}

// run goes on until the context ends.
func (t *turnover) run(ctx context.Context) {
	ticker := time.NewTicker(time.Duration(float64(time.Second) / t.options.turnover))
	defer ticker.Stop()
	swept := time.Now()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		t.endOne(ctx)
		// Two, so that it catches up after the API server has stood still.
		for range min(2, t.options.size-t.record.present()) {
			if err := t.begin(ctx, t.plan(false)); err != nil && ctx.Err() == nil {
				t.report.trouble("creating an object", err)
			}
		}
		if time.Since(swept) > time.Second {
			swept = time.Now()
			t.sweep(ctx)
		}
	}
}

// plan makes up a job.
func (t *turnover) plan(old bool) *life {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.serial++
	a := t.accounts[t.pickAccount()]
	l := &life{
		id:      fmt.Sprintf("job_%016x%032x%010d==", t.random.Uint64(), t.random.Uint64(), t.serial),
		name:    fmt.Sprintf("job-%07d", t.serial),
		account: a.index, namespace: a.namespaces[t.random.IntN(len(a.namespaces))],
		corpus: a.corpus(), user: fmt.Sprintf("user-%d", t.serial),
		ttl: t.random.IntN(2) == 0,
	}
	now := time.Now().UTC().Truncate(time.Second)
	if old {
		l.created = now.Add(-time.Hour - time.Duration(t.random.Int64N(int64(time.Hour))))
		l.started = l.created.Add(time.Second)
		l.steps = []simulator.Step{{State: string(v1alpha1.JobStateStarted)}}
		return l
	}
	l.created = now
	if t.random.Float64() < foundShare {
		l.discovered, l.ttl, l.corpus, l.namespace = true, true, a.foundCorpus(), a.namespaces[0]
	}
	seconds := func(from, to int) time.Duration {
		return time.Duration(from)*time.Second + time.Duration(t.random.Int64N(int64(to-from)*int64(time.Second)))
	}
	l.steps = []simulator.Step{{State: string(v1alpha1.JobStateQueued), For: seconds(2, 30)}}
	if t.random.Float64() < retryShare {
		l.steps = append(l.steps,
			simulator.Step{State: string(v1alpha1.JobStateStarted), For: seconds(10, 300)},
			simulator.Step{State: string(v1alpha1.JobStateFailedWillRetry), For: seconds(10, 60)})
	}
	l.steps = append(l.steps, simulator.Step{State: string(v1alpha1.JobStateStarted)})
	return l
}

func (t *turnover) pickAccount() int {
	at := t.random.Float64()
	for i, share := range shares {
		if at -= share; at < 0 {
			return i
		}
	}
	return 0
}

// begin starts a job and creates its object, unless a discovery is to do that.
func (t *turnover) begin(ctx context.Context, l *life) error {
	l.added = time.Now()
	t.record.add(l, l.added)
	t.vectara.AddJob(l.job())
	t.mu.Lock()
	t.running = append(t.running, l.id)
	t.mu.Unlock()
	if l.discovered {
		return nil
	}
	object := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: l.namespace, Name: l.name},
		Spec:       v1alpha1.VectaraJobSpec{JobID: l.id},
	}
	if l.ttl {
		object.Spec.TTLSecondsAfterFinished = ptr.To[int32](60)
	}
	// The API server may stand still, and may have created the object when a call is given up: one that is under way when the
	// turnover ends is seen through.
	for {
		call, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		err := t.admin.Create(call, object.DeepCopy())
		cancel()
		switch {
		case err == nil || apierrors.IsAlreadyExists(err):
			return nil
		case ctx.Err() != nil:
			t.record.forget(l.id)
			t.vectara.RemoveJob(l.id)
			return err
		}
		t.report.trouble("creating an object", err)
		pass(ctx, time.Second)
	}
}

// endOne ends a job, or deletes an object whose job runs.
func (t *turnover) endOne(ctx context.Context) {
	t.mu.Lock()
	if len(t.running) == 0 {
		t.mu.Unlock()
		return
	}
	i, last := t.random.IntN(len(t.running)), len(t.running)-1
	id := t.running[i]
	t.running[i] = t.running[last]
	t.running = t.running[:last]
	remove, how := t.random.Float64() < deletedShare, t.random.Float64()
	t.mu.Unlock()

	if remove {
		if key, ok := t.record.key(id); ok {
			t.delete(ctx, key)
			return
		}
	}
	state := v1alpha1.JobStateCompleted
	switch {
	case how < 0.15:
		state = v1alpha1.JobStateFailed
	case how < 0.2:
		state = v1alpha1.JobStateAborted
	}
	l := t.record.finish(id, state, time.Now())
	t.vectara.SetState(id, string(state), l.comment)
}

// sweep deletes objects whose jobs have ended, and has Vectara forget jobs whose objects are gone.
func (t *turnover) sweep(ctx context.Context) {
	now := time.Now()
	for _, key := range t.record.toDelete(now.Add(-keptFinished)) {
		t.delete(ctx, key)
	}
	for _, id := range t.record.toForget(now.Add(-keptJob)) {
		t.vectara.RemoveJob(id)
	}
}

func (t *turnover) delete(ctx context.Context, key client.ObjectKey) {
	object := &v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	if err := t.admin.Delete(ctx, object); client.IgnoreNotFound(err) != nil && ctx.Err() == nil {
		t.report.trouble("deleting an object", err)
	}
}
