// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

// finishedFor is how long the restarted operator is given to do what it should not.
const finishedFor = 15 * time.Second

// finished measures what a restart costs when all jobs have ended and their objects say so.
func finished(ctx context.Context, s *stage) ([]figure, error) {
	f, err := s.ended(ctx)
	if err != nil {
		return nil, err
	}
	before, err := f.traffic(ctx)
	if err != nil {
		return nil, err
	}
	m, err := f.startManager(ctx)
	if err != nil {
		return nil, err
	}
	defer m.Stop()
	if err := pass(ctx, finishedFor); err != nil {
		return nil, err
	}
	after, err := f.traffic(ctx)
	if err != nil {
		return nil, err
	}
	used, err := m.usage(ctx)
	if err != nil {
		return nil, err
	}
	spent := after.since(before)
	return []figure{
		number("calls", spent.calls).atMost(0, "0"),
		number("writes of VectaraJobs", spent.writes).atMost(0, "0"),
		number("writes of events", spent.events).atMost(0, "0"),
		span("time until ready", m.ready.Sub(m.started)),
		span("CPU time of the start", used.cpu),
		{Name: rssName, Value: used.rss, Unit: mebibytes},
	}, nil
}
