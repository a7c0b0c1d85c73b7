// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// patterns are statuses as the operator writes them. Measurements that begin with jobs known for an hour copy them, so
// that nobody has to wait for an hour, and the operator finds nothing to change.
type patterns struct {
	running, finished v1alpha1.VectaraJobStatus
}

// learnPatterns has the operator mirror one job that runs and one that has ended.
func (s *suite) learnPatterns(ctx context.Context) (patterns, error) {
	f, err := s.newFleet(ctx, "pattern", 2)
	if err != nil {
		return patterns{}, err
	}
	defer f.close()
	f.vectara.SetState(f.jobs[1].id, string(v1alpha1.JobStateCompleted), "")
	manager, err := f.startManager(ctx)
	if err != nil {
		return patterns{}, err
	}
	defer manager.Stop()
	if err := f.seen.awaitSeen(ctx, 2); err != nil {
		return patterns{}, err
	}
	var objects [2]v1alpha1.VectaraJob
	for i := range objects {
		if err := s.admin.Get(ctx, client.ObjectKey{Namespace: f.namespace, Name: f.jobs[i].name}, &objects[i]); err != nil {
			return patterns{}, err
		}
	}
	if !objects[1].IsFinished() {
		return patterns{}, fmt.Errorf("the operator says that a completed job is %q", objects[1].Status.State)
	}
	return patterns{running: objects[0].Status, finished: objects[1].Status}, nil
}

// apply gives an object the status of a pattern, with the times of its own job.
func (j fleetJob) apply(pattern v1alpha1.VectaraJobStatus, object *v1alpha1.VectaraJob) {
	object.Status = *pattern.DeepCopy()
	object.Status.CreatedAt = &metav1.Time{Time: j.created}
	object.Status.StartedAt = &metav1.Time{Time: j.started}
	object.Status.LastTransitionTime = &metav1.Time{Time: j.started}
}
