// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/controller"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/metrics"
)

// viewsOf show metrics how the operator stands.
func viewsOf(mgr manager.Manager, starter *starter, source *jobs.Source, writes *controller.WriteMonitor, watches *watchMonitor) metrics.Views {
	return metrics.Views{
		Sessions: source.Stats,
		Writes:   writes.Stats,
		Watches:  watches.failingFor,
		Jobs: func() ([]v1alpha1.VectaraJob, bool) {
			var list v1alpha1.VectaraJobList
			ok := countable(mgr, starter, &list)
			return list.Items, ok
		},
		Discoveries: func() ([]v1alpha1.VectaraJobDiscovery, bool) {
			var list v1alpha1.VectaraJobDiscoveryList
			ok := countable(mgr, starter, &list)
			return list.Items, ok
		},
	}
}

// countable lists the objects in the cache, if they are to be counted here: on the leader, so that a sum over all
// replicas has each of them once, and not before the cache is filled, as they would all seem to be gone. What it lists
// are the cache's own objects: ten thousand would be copied for nothing.
func countable(mgr manager.Manager, starter *starter, list client.ObjectList) bool {
	select {
	case <-mgr.Elected():
	default:
		return false
	}
	if starter.ready(nil) != nil {
		return false
	}
	// This reads the cache, which fails only when the process ends.
	return mgr.GetClient().List(context.Background(), list, client.UnsafeDisableDeepCopy) == nil
}
