// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// objectsWaitFor is how long the objects exist before the operator starts.
const objectsWaitFor = 20 * time.Second

// waited measures what it costs to poll jobs that had been running for hours when the operator first saw their objects.
func waited(ctx context.Context, s *stage) ([]figure, error) {
	f, err := s.newFleet(ctx, "waited", s.size)
	if err != nil {
		return nil, err
	}
	defer f.close()
	if err := pass(ctx, objectsWaitFor); err != nil {
		return nil, err
	}
	m, err := f.startManager(ctx)
	if err != nil {
		return nil, err
	}
	defer m.Stop()
	took, err := f.awaitMirrored(ctx, m, firstStatusWithin)
	if err != nil {
		return nil, err
	}
	calls := f.callsUntilThen()
	cost, err := f.thenSteady(ctx, warmUp)
	return append(append([]figure{took}, calls...), cost...), err
}

// awaitMirrored waits until all objects have a status, and returns how long it took since the start of the manager. It gives
// up after some time.
func (f *fleet) awaitMirrored(ctx context.Context, m *manager, within time.Duration) (figure, error) {
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := f.seen.awaitSeen(bounded, len(f.jobs))
	took := span("time until all are mirrored", time.Since(m.started))
	took.AtLeast = err != nil
	if err != nil && (ctx.Err() != nil || isOver(m)) {
		return took, errors.Join(err, errors.New("the manager ended, or there was no time left"))
	}
	return took, nil
}

// callsUntilThen are the requests to the fleet's Vectara so far.
func (f *fleet) callsUntilThen() []figure {
	return []figure{
		number("calls until then, GET", f.vectara.Count(simulator.OpGetJob, "")),
		number("calls until then, LIST", f.vectara.Count(simulator.OpListJobs, "")),
	}
}
