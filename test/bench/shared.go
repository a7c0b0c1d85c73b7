// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const (
	sharedFor   = 30 * time.Second
	sharedEvery = time.Second
)

// shared measures how often one job is polled that many objects name, each of which has it polled once a second.
func shared(ctx context.Context, s *stage) ([]figure, error) {
	s.unpolled()
	f, err := s.newFleet(ctx, "shared", s.size, func(f *fleet, object *v1alpha1.VectaraJob) {
		object.Spec.JobID = f.jobs[0].id
		object.Spec.PollInterval = &metav1.Duration{Duration: sharedEvery}
	})
	if err != nil {
		return nil, err
	}
	defer f.close()
	m, err := f.startManager(ctx)
	if err != nil {
		return nil, err
	}
	defer m.Stop()
	if err := f.seen.awaitSeen(ctx, s.size); err != nil {
		return nil, err
	}
	mirrored := time.Since(m.started)
	spent, err := f.during(ctx, func() error { return pass(ctx, sharedFor) })
	if err != nil {
		return nil, err
	}
	aMinute := float64(time.Minute / sharedFor)
	// One object is polled after 0.9 s at the earliest. A call may be on each side of the measured time.
	one := math.Floor(sharedFor.Seconds()/(0.9*sharedEvery.Seconds())) + 1
	return []figure{
		span("time until all are mirrored", mirrored),
		figure{Name: "calls a minute", Value: float64(spent.calls) * aMinute, Unit: count}.atMost(one*aMinute, "as one object: ≤ 68"),
		number("writes of VectaraJobs", spent.writes).atMost(0, "0"),
	}, nil
}
