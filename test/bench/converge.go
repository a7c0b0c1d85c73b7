// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// large is the size from which on targets apply that small sizes say nothing about.
	large = 10_000

	// patience is for how long the default budget may take to let all jobs be seen.
	patience = time.Minute
)

// converge measures how long the operator takes to mirror objects that exist when it starts, from the start of its
// process, against what the machine allows: a bare client that makes the same writes to the same API server, or the same
// fetches from the same Vectara, whichever takes longer, and not both at once as the operator has to.
func converge(ctx context.Context, s *stage) ([]figure, error) {
	known, err := s.running(ctx)
	if err != nil {
		return nil, err
	}
	fetching, err := known.fetchAll(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.newFleet(ctx, "converge", s.size)
	if err != nil {
		return nil, err
	}
	defer f.close()
	before, err := f.traffic(ctx)
	if err != nil {
		return nil, err
	}
	m, err := f.launch(ctx, "--requests-per-second=100000", "--burst=100000")
	if err != nil {
		return nil, err
	}
	defer m.Stop()
	if err := f.seen.awaitSeen(ctx, s.size); err != nil {
		return nil, err
	}
	took := time.Since(m.started)
	after, err := f.traffic(ctx)
	if err != nil {
		return nil, err
	}
	used, err := m.usage(ctx)
	if err != nil {
		return nil, err
	}
	spent := after.since(before)
	limit := max(fetching, s.writing)
	return []figure{
		span("bare client: N status writes", s.writing),
		span("bare client: N fetches", fetching),
		span("time until all are mirrored", took),
		figure{Name: "ratio to the physical limit", Value: took.Seconds() / limit.Seconds(), Unit: ratio}.
			atMostWhen(s.size >= large, 1.3, "≤ 1.3 at 10,000"),
		number("calls, GET", spent.gets),
		number("calls, LIST", spent.lists),
		number("status writes", spent.writes),
		number("writes of events, by then", spent.events),
		span("CPU time", used.cpu),
		{Name: "peak RSS", Value: used.peak, Unit: mebibytes},
	}, nil
}

// convergeWithinBudget measures the same with the default budget.
func convergeWithinBudget(ctx context.Context, s *stage) ([]figure, error) {
	f, err := s.newFleet(ctx, "budget", s.size)
	if err != nil {
		return nil, err
	}
	defer f.close()
	m, err := f.launch(ctx)
	if err != nil {
		return nil, err
	}
	defer m.Stop()
	took, err := f.awaitMirrored(ctx, m, patience)
	return []figure{took, number("mirrored by then", f.seen.seenCount())}, err
}

func isOver(m *manager) bool {
	select {
	case <-m.Done():
		return true
	default:
		return false
	}
}

// fetchAll gets every job of the fleet with a bare HTTP client, and returns how long that took.
func (f *fleet) fetchAll(ctx context.Context) (time.Duration, error) {
	transport := &http.Transport{MaxIdleConns: concurrency, MaxIdleConnsPerHost: concurrency}
	defer transport.CloseIdleConnections()
	vectara := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	began := time.Now()
	err := f.each(ctx, func(ctx context.Context, job fleetJob) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.vectara.URL()+"/v2/jobs/"+job.id, http.NoBody)
		if err != nil {
			return err
		}
		request.Header.Set("x-api-key", apiKey)
		response, err := vectara.Do(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if response.StatusCode != http.StatusOK {
			err = fmt.Errorf("the simulator returned %s", response.Status)
		}
		return errors.Join(err, response.Body.Close())
	})
	return time.Since(began), err
}
