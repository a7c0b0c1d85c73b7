// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const (
	endWithin = time.Minute

	// intervalInForce is the longest time between two polls of a job that has run for an hour: --poll-max, by default a
	// minute, and a tenth more at random.
	intervalInForce = 66 * time.Second

	// lastLag is for how long after the last job's end the measurement goes on.
	lastLag = 75 * time.Second
)

// complete measures how long after the end of a job its object shows it.
func complete(ctx context.Context, s *stage) ([]figure, error) {
	f, m, err := s.polled(ctx)
	if err != nil {
		return nil, err
	}
	profiled := m.profile(ctx, "complete", s.size, endWithin)
	before, err := f.traffic(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	ends, err := f.endAll(ctx)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, lastLag)
	defer cancel()
	if err := f.seen.awaitEnded(bounded, s.size); err != nil && ctx.Err() != nil {
		return nil, err
	}
	took := span("time until all were seen", time.Since(began))
	var late lags
	for name, end := range ends {
		at, ok := f.seen.endedAt(name)
		if !ok {
			late.open++
			at = time.Now()
		}
		late.took = append(late.took, at.Sub(end))
	}
	took.AtLeast = late.open > 0
	after, err := f.traffic(ctx)
	if err != nil {
		return nil, err
	}
	if err := profiled(); err != nil {
		return nil, err
	}
	spent := after.since(before)
	figures := late.figures("lag from the end to the status", 50, 99, 100)
	figures[1] = figures[1].atMost((intervalInForce + time.Second).Seconds(), "≤ poll interval + 1 s")
	return append(figures,
		number("not seen when given up", late.open),
		took,
		number("calls, GET", spent.gets),
		number("calls, LIST", spent.lists),
		number("status writes", spent.writes),
	), nil
}

// endAll lets every job end at a random time of its own, and returns when each did.
func (f *fleet) endAll(ctx context.Context) (map[string]time.Time, error) {
	// The seed is fixed, so that two runs have the same ends.
	random := rand.New(rand.NewPCG(1, uint64(len(f.jobs)))) //nolint:gosec // Nobody has to guess these.
	after := make([]time.Duration, len(f.jobs))
	for i := range after {
		after[i] = time.Duration(random.Int64N(int64(endWithin)))
	}
	slices.Sort(after)
	order := random.Perm(len(f.jobs))
	ends := make(map[string]time.Time, len(f.jobs))
	began := time.Now()
	for i, d := range after {
		if err := pass(ctx, d-time.Since(began)); err != nil {
			return nil, err
		}
		job := f.jobs[order[i]]
		ends[job.name] = time.Now()
		f.vectara.SetState(job.id, string(v1alpha1.JobStateCompleted), "")
	}
	return ends, nil
}
