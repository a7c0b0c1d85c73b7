// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const (
	// leaseDuration is for how long a leader that fell silent keeps the lease: controller-runtime's default.
	leaseDuration = 15 * time.Second

	// pulses are objects whose jobs are polled once a second, so that the first poll of a new leader comes soon after it
	// has begun to work.
	pulses = 10
)

// failover measures how long nobody polls after the leader is killed, and after it is stopped as Kubernetes stops it. A
// standby is ready both times.
func failover(ctx context.Context, s *stage) ([]figure, error) {
	s.unpolled()
	f, err := s.running(ctx)
	if err != nil {
		return nil, err
	}
	var jobs []fleetJob
	for i := range pulses {
		job := f.addJob(fmt.Sprintf("pulse-%02d", i), time.Now())
		jobs = append(jobs, job)
		err := f.create(ctx, job, func(_ *fleet, object *v1alpha1.VectaraJob) {
			object.Spec.PollInterval = &metav1.Duration{Duration: time.Second}
		})
		if err != nil {
			return nil, err
		}
	}
	first, err := f.startReplica(ctx)
	if err != nil {
		return nil, err
	}
	defer first.Stop()
	if err := f.seen.awaitSeen(ctx, s.size+pulses); err != nil {
		return nil, err
	}
	second, err := f.startReplica(ctx)
	if err != nil {
		return nil, err
	}
	defer second.Stop()
	killed, err := f.gap(ctx, first, syscall.SIGKILL)
	if err != nil {
		return nil, err
	}
	third, err := f.startReplica(ctx)
	if err != nil {
		return nil, err
	}
	defer third.Stop()
	stopped, err := f.gap(ctx, second, syscall.SIGTERM)
	if err != nil {
		return nil, err
	}
	return []figure{
		span("leader killed: time until the next poll", killed).
			atMost((leaseDuration + 5*time.Second).Seconds(), "≤ lease duration (15 s) + 5 s"),
		span("leader stopped: time until the next poll", stopped).atMost(3, "≤ 3 s"),
	}, f.discard(ctx, jobs)
}

func (f *fleet) startReplica(ctx context.Context) (*manager, error) {
	return f.startManager(ctx, "--leader-elect", "--leader-election-id="+f.namespace)
}

// gap sends the leader a signal that ends it, and returns the time from the signal to the first call of its successor.
func (f *fleet) gap(ctx context.Context, leader *manager, signal syscall.Signal) (time.Duration, error) {
	began := time.Now()
	leader.Signal(signal)
	select {
	case <-leader.Done():
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	err := f.vectara.WaitForRequests(ctx, f.vectara.Count("", "")+1)
	return time.Since(began), err
}
