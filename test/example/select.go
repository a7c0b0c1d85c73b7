// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// inState lists the VectaraJobs whose jobs are in a state. The API server selects them, so that a reader without a cache
// gets no others.
func inState(ctx context.Context, reader client.Reader, namespace string, state v1alpha1.JobState) (*v1alpha1.VectaraJobList, error) {
	list := &v1alpha1.VectaraJobList{}
	return list, reader.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{"status.state": string(state)})
}

// byOutcome is the name of an index, which is the cache's own: the API server knows nothing of it.
const byOutcome = "outcome"

func indexByOutcome(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &v1alpha1.VectaraJob{}, byOutcome, func(object client.Object) []string {
		job, ok := object.(*v1alpha1.VectaraJob)
		if !ok {
			return nil
		}
		return []string{string(job.Outcome())}
	})
}

// withOutcome lists the VectaraJobs of an outcome with a manager's client, whose cache has the index.
func withOutcome(ctx context.Context, cached client.Reader, namespace string, outcome v1alpha1.Outcome) (*v1alpha1.VectaraJobList, error) {
	list := &v1alpha1.VectaraJobList{}
	return list, cached.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{byOutcome: string(outcome)})
}
