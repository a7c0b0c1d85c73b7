// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// stage is what the scenarios of one size share.
type stage struct {
	*suite
	size int

	fleet   *fleet
	writing time.Duration // how long the bare client took to write the fleet's statuses
	manager *manager      // at work on the fleet, or nil
}

// running returns a fleet of objects whose jobs have been seen running for an hour.
func (s *stage) running(ctx context.Context) (*fleet, error) {
	if s.fleet != nil {
		return s.fleet, nil
	}
	f, err := s.newFleet(ctx, "running", s.size)
	if err != nil {
		return nil, err
	}
	writing, err := f.writeStatuses(ctx, s.patterns.running, unseen)
	if err == nil {
		err = f.seen.awaitSeen(ctx, s.size)
	}
	if err != nil {
		f.close()
		return nil, err
	}
	s.fleet, s.writing = f, writing
	return f, nil
}

// polled returns the running fleet with the operator at work on it.
func (s *stage) polled(ctx context.Context) (*fleet, *manager, error) {
	f, err := s.running(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s.manager == nil {
		if s.manager, err = f.startManager(ctx); err != nil {
			return nil, nil, err
		}
	}
	return f, s.manager, nil
}

// unpolled stops the operator, if it is at work.
func (s *stage) unpolled() {
	if s.manager != nil {
		s.manager.Stop()
		s.manager = nil
	}
}

// ended returns the fleet after all its jobs have ended and the operator, which is not at work, has seen it.
func (s *stage) ended(ctx context.Context) (*fleet, error) {
	s.unpolled()
	f, err := s.running(ctx)
	if err != nil {
		return nil, err
	}
	for _, job := range f.jobs {
		f.vectara.SetState(job.id, string(v1alpha1.JobStateCompleted), "")
	}
	if _, err := f.writeStatuses(ctx, s.patterns.finished, unfinished); err != nil {
		return nil, err
	}
	return f, f.seen.awaitEnded(ctx, s.size)
}

func (s *stage) close() {
	s.unpolled()
	if s.fleet != nil {
		s.fleet.close()
	}
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
