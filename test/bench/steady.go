// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"time"
)

const (
	// warmUp is the age of the operator from which on it is in a steady state.
	warmUp = 20 * time.Second

	// steadyFor is how long it is measured: one longest adaptive interval.
	steadyFor = time.Minute
)

// steady measures what it costs to poll jobs that do not change.
func steady(ctx context.Context, s *stage) ([]figure, error) {
	f, m, err := s.polled(ctx)
	if err != nil {
		return nil, err
	}
	if err := pass(ctx, warmUp-time.Since(m.ready)); err != nil {
		return nil, err
	}
	profiled := m.profile(ctx, steadyName, s.size, steadyFor)
	usedBefore, err := m.usage(ctx)
	if err != nil {
		return nil, err
	}
	spent, err := f.steadyMinute(ctx)
	if err != nil {
		return nil, err
	}
	used, err := m.usage(ctx)
	if err := errors.Join(err, profiled()); err != nil {
		return nil, err
	}
	return append(spent.steadyFigures("calls a minute", s.size),
		number("writes of events", spent.events),
		number("new connections to Vectara", spent.connections).atMost(0, "0"),
		span("CPU time", used.cpu-usedBefore.cpu).atMostWhen(s.size >= large, 2, "≤ 2 s at 10,000"),
		figure{Name: rssName, Value: used.rss, Unit: mebibytes}.atMost(150, "≤ 150 MiB"),
		figure{Name: "peak RSS since the start", Value: used.peak, Unit: mebibytes},
		number("goroutines", used.goroutines),
		number("threads", used.threads),
	), nil
}

// thenSteady counts the calls of a minute in which no job changes, some time after the last object has its first status.
func (f *fleet) thenSteady(ctx context.Context, settled time.Duration) ([]figure, error) {
	if err := pass(ctx, settled); err != nil {
		return nil, err
	}
	spent, err := f.steadyMinute(ctx)
	return spent.steadyFigures("then calls a minute", len(f.jobs)), err
}

// steadyMinute returns the traffic of a minute.
func (f *fleet) steadyMinute(ctx context.Context) (traffic, error) {
	return f.during(ctx, func() error { return pass(ctx, steadyFor) })
}

// steadyFigures are the figures of a minute in which none of so many jobs changes.
func (t traffic) steadyFigures(calls string, jobs int) []figure {
	pages := (jobs + 99) / 100
	return []figure{
		number(calls, t.calls).atMost(float64(3*pages), "≤ 3 × ⌈N/100⌉"),
		number("of these GET", t.gets),
		number("of these LIST", t.lists),
		number("writes of VectaraJobs", t.writes).atMost(0, "0"),
	}
}
