// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// maxCreating is how many VectaraJobs of one discovery are created at the same time.
const maxCreating = 8

// create carries out the plan of a result, and adds to the result what came of it. It returns an error if creating is to be
// retried.
func (r *DiscoveryReconciler) create(ctx context.Context, s discoveryScope, result *discoveryResult) error {
	if result.memory == nil {
		return nil
	}
	made, err := r.createAll(ctx, s.discovery, result.plan.create)
	r.expectations.created(s.discovery, made, s.now)
	result.carriedOut(made, err, s.now)
	if err != nil {
		return fmt.Errorf("creating a VectaraJob: %w", err)
	}
	return nil
}

// createAll creates VectaraJobs for jobs, and returns those for which it did. It stops at the first error, except for a
// VectaraJob that exists already: it is ours and not in the cache yet, or belongs to a former discovery and is about to be
// deleted, or somebody else has taken its name. That does not keep the others from being created.
func (r *DiscoveryReconciler) createAll(ctx context.Context, discovery *v1alpha1.VectaraJobDiscovery, wanted []jobs.Found) ([]jobs.Found, error) {
	var (
		made  = make([]bool, len(wanted))
		taken = make([]error, len(wanted))
	)
	group, untilFirstError := errgroup.WithContext(ctx)
	group.SetLimit(maxCreating)
	for i, job := range wanted {
		group.Go(func() error {
			if untilFirstError.Err() != nil {
				return nil //nolint:nilerr // The first error is returned by whoever met it.
			}
			// A request in flight is not cancelled: what it creates must be remembered.
			err := r.Client.Create(ctx, discovered(discovery, job.ID), client.FieldOwner(FieldOwner))
			if apierrors.IsAlreadyExists(err) {
				taken[i] = err
				return nil
			}
			made[i] = err == nil
			return err
		})
	}
	err := group.Wait()
	var created []jobs.Found
	for i, job := range wanted {
		if made[i] {
			created = append(created, job)
		}
		if err == nil {
			err = taken[i]
		}
	}
	return created, err
}
