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
	before, err := f.traffic(ctx)
	if err != nil {
		return nil, err
	}
	if err := pass(ctx, steadyFor); err != nil {
		return nil, err
	}
	after, err := f.traffic(ctx)
	if err != nil {
		return nil, err
	}
	used, err := m.usage(ctx)
	if err := errors.Join(err, profiled()); err != nil {
		return nil, err
	}
	spent := after.since(before)
	pages := (s.size + 99) / 100
	return []figure{
		number("calls a minute", spent.calls).atMost(float64(3*pages), "≤ 3 × ⌈N/100⌉"),
		number("of these GET", spent.gets),
		number("of these LIST", spent.lists),
		number("writes of VectaraJobs", spent.writes).atMost(0, "0"),
		number("writes of events", spent.events),
		number("new connections to Vectara", spent.connections).atMost(0, "0"),
		span("CPU time", used.cpu-usedBefore.cpu).atMostWhen(s.size >= large, 2, "≤ 2 s at 10,000"),
		figure{Name: rssName, Value: used.rss, Unit: mebibytes}.atMost(150, "≤ 150 MiB"),
		{Name: "peak RSS since the start", Value: used.peak, Unit: mebibytes},
		number("goroutines", used.goroutines),
		number("threads", used.threads),
	}, nil
}
