// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const (
	newcomers      = 30
	newcomerEvery  = time.Second
	newcomerWithin = time.Minute // after which it counts as forgotten
)

// newcomer measures how long a new object waits for its first status while the others are polled with the default budget.
func newcomer(ctx context.Context, s *stage) ([]figure, error) {
	f, _, err := s.polled(ctx)
	if err != nil {
		return nil, err
	}
	var jobs []fleetJob
	created := map[string]time.Time{}
	known := f.seen.seenCount()
	for i := range newcomers {
		now := time.Now()
		job := f.addJob(fmt.Sprintf("newcomer-%02d", i), now)
		jobs, created[job.name] = append(jobs, job), now
		if err := f.create(ctx, job); err != nil {
			return nil, err
		}
		if err := pass(ctx, newcomerEvery-time.Since(now)); err != nil {
			return nil, err
		}
	}
	bounded, cancel := context.WithTimeout(ctx, newcomerWithin)
	defer cancel()
	if err := f.seen.awaitSeen(bounded, known+newcomers); err != nil && ctx.Err() != nil {
		return nil, err
	}
	figures := f.waits(created).figures(firstStatus, 50, 100)
	last := &figures[len(figures)-1]
	*last = last.atMostWhen(s.size >= large, 2, "≤ 2 s at 10,000")
	return figures, f.discard(ctx, jobs)
}

// discard takes jobs and their objects out of the fleet, so that the next scenario has as many as it says.
func (f *fleet) discard(ctx context.Context, jobs []fleetJob) error {
	var problems []error
	for _, job := range jobs {
		problems = append(problems, f.admin.Delete(ctx, &v1alpha1.VectaraJob{
			ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: job.name},
		}))
		f.vectara.RemoveJob(job.id)
		f.seen.forget(job.name)
	}
	return errors.Join(problems...)
}
