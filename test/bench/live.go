// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const (
	firstStatus = "time to first status"

	// firstStatusWithin is after how long objects without a status are given up.
	firstStatusWithin = 3 * time.Minute

	listLag       = 5 * time.Second
	listsEmptyFor = time.Minute

	// listsUsedWithin is how long the operator may take to use lists again that were wrong.
	listsUsedWithin = time.Minute
)

// live is how objects are created while the operator runs.
type live struct {
	name string
	// fault is in place from before the operator's start. It needs no Operation: it is one of lists.
	fault simulator.Fault
	// faultFor is how long the fault stays; zero means until the end.
	faultFor time.Duration
	// settled is how long after the last first status, and after the end of the fault, a minute's calls are counted.
	settled time.Duration
}

// convergeLive measures how long objects wait for their first status that are created while the operator runs, with the
// default request budget, and what polling their jobs costs then.
func convergeLive(ctx context.Context, s *stage) ([]figure, error) {
	return live{name: "live", settled: warmUp}.run(ctx, s)
}

// listsLate measures the same with lists that show a job only some seconds after its start.
func listsLate(ctx context.Context, s *stage) ([]figure, error) {
	return live{name: "late", fault: simulator.Fault{Lag: listLag}, settled: listsUsedWithin}.run(ctx, s)
}

// listsEmpty measures the same with lists that are wrongly empty for a while.
func listsEmpty(ctx context.Context, s *stage) ([]figure, error) {
	return live{name: "empty", fault: simulator.Fault{Empty: true}, faultFor: listsEmptyFor, settled: listsUsedWithin}.run(ctx, s)
}

func (l live) run(ctx context.Context, s *stage) ([]figure, error) {
	f, err := s.newVacantFleet(ctx, l.name)
	if err != nil {
		return nil, err
	}
	defer f.close()
	l.fault.Operation = simulator.OpListJobs
	heal := f.vectara.Inject(l.fault)
	f.plan(s.size)
	if l.fault.Lag == 0 {
		for _, job := range f.jobs {
			f.startJob(job)
		}
	}
	m, err := f.startManager(ctx)
	if err != nil {
		return nil, err
	}
	defer m.Stop()
	began := time.Now()
	created, err := f.createLive(ctx, l.fault.Lag > 0)
	if err != nil {
		return nil, err
	}
	creating := span("time until all objects were created", time.Since(began))
	if l.faultFor > 0 {
		if err := pass(ctx, l.faultFor-time.Since(began)); err != nil {
			return nil, err
		}
		heal()
	}
	if _, err := f.awaitMirrored(ctx, m, firstStatusWithin); err != nil {
		return nil, err
	}
	waits, calls := f.waits(created), f.callsUntilThen()
	figures := append([]figure{creating}, waits.figures(firstStatus, 50, 99, 100)...)
	if !l.failing() {
		figures[3] = figures[3].atMost(15, "≤ 15 s")
	}
	figures = append(append(figures, number("without a status when given up", waits.open)), calls...)
	cost, err := f.thenSteady(ctx, l.settled)
	return append(figures, cost...), err
}

// failing reports whether lists have no new job for some time.
func (l live) failing() bool { return l.fault.Empty || l.fault.Lag > 0 }

// createLive creates the objects of the jobs, each of which it may start just before, and returns when it created each.
func (f *fleet) createLive(ctx context.Context, start bool) (map[string]time.Time, error) {
	var mu sync.Mutex
	created := make(map[string]time.Time, len(f.jobs))
	err := f.each(ctx, func(ctx context.Context, job fleetJob) error {
		if start {
			f.startJob(job)
		}
		now := time.Now()
		if err := f.create(ctx, job); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		created[job.name] = now
		return nil
	})
	return created, err
}
