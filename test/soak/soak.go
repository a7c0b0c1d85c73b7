// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"sync"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const (
	// seenWithin is how long the operator may take to give all objects a status.
	seenWithin = 5 * time.Minute

	// checkEvery is the time from one check of what no event shows to the next.
	checkEvery = 5 * time.Second

	// idleFor is how long the manager keeps a connection that nothing needs.
	idleFor = 90 * time.Second

	// What the manager may ask of Vectara with its default flags, for each set of credentials.
	requestsPerSecond = 20
	burst             = 40
)

// soak runs everything. It returns what it has when something does not work or the context ends.
func soak(ctx context.Context, o options, out io.Writer) (r *report, err error) {
	r = &report{Size: o.size, Turnover: o.turnover, Seed: o.seed, Duration: o.duration.String(), Violations: []violation{}, out: out}
	w := &world{options: o, report: r, record: newRecord(), secrets: &canaries{}}
	defer func() { err = errors.Join(err, w.stop()) }()
	r.say("seed %d: starting etcd, kube-apiserver and a simulated Vectara", o.seed)
	if err := w.start(ctx); err != nil {
		return r, err
	}
	turns := newTurnover(w)
	r.say("creating %d objects", o.size)
	if err := turns.fill(ctx); err != nil {
		return r, err
	}
	r.say("starting the manager")
	if err := w.startManager(ctx); err != nil {
		return r, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-w.manager.Done():
			r.violate(time.Now(), fmt.Sprintf("the manager ended: %v", w.manager.Err()))
			cancel(errors.New("the manager ended"))
		case <-ctx.Done():
		}
	}()
	if err := w.awaitConvergence(ctx, seenWithin); err != nil {
		return r, fmt.Errorf("giving all objects a status: %w", err)
	}
	r.say("all objects have a status")
	pass(ctx, o.settle)
	if r.Before, err = w.holds(ctx); err != nil {
		return r, fmt.Errorf("measuring the manager: %w", err)
	}
	r.say("held at the beginning: %+v", r.Before)
	err = w.live(ctx, turns)
	w.conclude()
	return r, err
}

// live lets jobs live and faults come, then stops both and waits for the end.
func (w *world) live(ctx context.Context, turns *turnover) error {
	o, r := w.options, w.report
	r.Began = time.Now()
	until := r.Began.Add(o.duration)
	var running sync.WaitGroup
	faulty, calm := context.WithDeadline(ctx, until.Add(-o.quiet))
	defer calm()
	running.Go(func() { turns.run(faulty) })
	// A fault that has begun heals in its own time.
	running.Go(func() { w.runFaults(ctx, r.Began, schedule(o.seed, o)) })
	watching, unwatch := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	watchers.Go(func() { w.check(watching) })
	watchers.Go(func() { w.chart(watching) })
	defer watchers.Wait()
	defer unwatch()

	running.Wait()
	last := time.Now()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.say("no more faults")
	if err := w.awaitConvergence(ctx, o.convergence()); err != nil {
		return err
	}
	r.Converged = time.Since(last).Seconds()
	r.say("converged %.1f s after the last fault", r.Converged)
	if !pass(ctx, time.Until(until.Add(-o.measure))) {
		return context.Cause(ctx)
	}
	var err error
	if r.After, err = w.holds(ctx); err != nil {
		return fmt.Errorf("measuring the manager: %w", err)
	}
	now := time.Now()
	r.violate(now, leaks(r.Before, r.After, min(o.settle, o.quiet) <= idleFor)...)
	if err := w.compareAll(ctx); err != nil {
		return err
	}
	r.violate(now, w.record.behind(now.Add(-o.convergence()), now)...)
	if err := w.manager.Probe(ctx, "/readyz"); err != nil {
		r.violate(now, fmt.Sprintf("the manager is not ready: %v", err))
	}
	return nil
}

// awaitConvergence waits until every object says what its job is now or becomes, and that it does. That it takes too long is a violation.
func (w *world) awaitConvergence(ctx context.Context, within time.Duration) error {
	began := time.Now()
	for {
		now := time.Now()
		behind := w.record.behind(began, now)
		if len(behind) == 0 {
			return nil
		}
		if now.Sub(began) > within {
			w.report.violate(now, fmt.Sprintf("%d objects are behind after %s", len(behind), within))
			w.report.violate(now, behind[:min(len(behind), 10)]...)
			return nil
		}
		if !pass(ctx, time.Second) {
			return context.Cause(ctx)
		}
	}
}

// check looks, again and again, for what no event shows.
func (w *world) check(ctx context.Context) {
	for pass(ctx, checkEvery) {
		now := time.Now()
		w.report.violate(now, w.record.stale(now, w.options.overdue())...)
		w.report.violate(now, w.record.calledAfterEnd(now, w.options.grace(), func(id string) int { return w.vectara.Count("", id) })...)
		if err := w.peak(ctx); err != nil && ctx.Err() == nil {
			w.report.trouble("measuring", err)
		}
	}
}

// peak notes the most that the manager has used, and keeps the goroutines of what is far more than ever before.
func (w *world) peak(ctx context.Context) error {
	u, err := w.use(ctx)
	if err != nil {
		return err
	}
	w.report.mu.Lock()
	before := w.report.Peak
	w.report.Peak = before.most(u.held)
	w.report.mu.Unlock()
	if w.options.json == "" || u.Goroutines < 1000 || u.Goroutines < 1.5*before.Goroutines {
		return nil
	}
	dump, err := get(ctx, w.pprof+"goroutine?debug=1")
	if err != nil {
		return err
	}
	return os.WriteFile(w.options.json+".goroutines", dump, 0o600)
}

// chart adds a point to the curve, again and again.
func (w *world) chart(ctx context.Context) {
	before, err := w.counts(ctx)
	used, err2 := w.use(ctx)
	if err := errors.Join(err, err2); err != nil {
		w.report.trouble("measuring", err)
	}
	first, at, scanned := used, time.Now(), 0
	start := before
	for pass(ctx, w.options.line) {
		now := time.Now()
		counted, err := w.counts(ctx)
		uses, err2 := w.use(ctx)
		if err := errors.Join(err, err2); err != nil {
			w.report.trouble("measuring", err)
			continue
		}
		p := w.record.point(now)
		p.At = now.Sub(w.report.Began).Seconds()
		p.Gets, p.Lists, p.Tokens = counted.gets-before.gets, counted.lists-before.lists, counted.tokens-before.tokens
		p.Writes, p.Errors, p.CPU = counted.writes-before.writes, uses.errors-used.errors, (uses.cpu - used.cpu).Seconds()
		p.held = uses.held
		w.report.mu.Lock()
		p.Events, w.report.events = w.report.events, 0
		w.report.CPU = (uses.cpu - first.cpu).Seconds()
		w.report.Counts = map[string]int{
			"GET": counted.gets - start.gets, "LIST": counted.lists - start.lists, "token": counted.tokens - start.tokens,
			"status writes": counted.writes - start.writes, "reconcile errors": uses.errors - first.errors,
			"connections": counted.connections - start.connections,
		}
		w.report.mu.Unlock()
		w.report.add(p)
		if spent, most := counted.calls()-before.calls(), w.mostCalls(now.Sub(at)); spent > most {
			w.report.violate(now, fmt.Sprintf("%d calls in %s, of at most %d", spent, now.Sub(at).Round(time.Second), most))
		}
		if uses.panics > 0 {
			w.report.violate(now, fmt.Sprintf("%d panics", uses.panics))
		}
		log := w.manager.Output()
		w.report.violate(now, w.secrets.check("the manager's log", log[scanned:])...)
		before, used, at, scanned = counted, uses, now, len(log)
	}
}

// mostCalls is how many calls the rate limits allow in some time. Each rotation began with a burst of its own.
func (w *world) mostCalls(d time.Duration) int {
	sessions := 0
	for _, a := range w.accounts {
		sessions += a.sessions()
	}
	return int(accounts*requestsPerSecond*(d+slack).Seconds()) + sessions*burst
}

// compareAll holds every object that there is against its job, as a list has it, which no watch can have missed.
func (w *world) compareAll(ctx context.Context) error {
	var list v1alpha1.VectaraJobList
	if err := w.admin.List(ctx, &list); err != nil {
		return err
	}
	now := time.Now()
	for i := range list.Items {
		job := &list.Items[i]
		w.report.violate(now, w.record.see(job.Spec.JobID, viewOf(job), now)...)
	}
	if alive := w.record.point(now).Objects; alive != len(list.Items) {
		w.report.violate(now, fmt.Sprintf("there are %d objects, and %d were seen", len(list.Items), alive))
	}
	return nil
}

// conclude puts the figures of the whole run into the report.
func (w *world) conclude() {
	r, known := w.report, w.record
	known.mu.Lock()
	defer known.mu.Unlock()
	r.Ended = time.Now()
	r.FirstStatus, r.EndSeen = known.lags.first.quantiles(), known.lags.end.quantiles()
	r.Jobs = len(known.lives)
	r.Finished = known.lags.end.quantiles().N
}

// point is what the record adds to the curve.
func (r *record) point(now time.Time) point {
	behind := r.longestLag(now)
	r.mu.Lock()
	defer r.mu.Unlock()
	return point{
		Objects: r.alive, States: maps.Clone(r.states), Behind: behind.Seconds(),
		First: r.lags.first.longestNow().Seconds(), Lag: r.lags.end.longestNow().Seconds(),
	}
}
