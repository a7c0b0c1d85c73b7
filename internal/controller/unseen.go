// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"maps"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// unseenFor is for how long the cache is given to show a VectaraJob that was created. After that, it has been missed.
const unseenFor = time.Minute

// unseenJobs are the jobs whose VectaraJob was created and is not in the cache yet, for each discovery. Without them, those
// of the last moment would not count towards spec.maxJobs. Its zero value is ready for use.
type unseenJobs struct {
	mu      sync.Mutex
	created map[types.NamespacedName]map[string]time.Time // by job ID
}

// add notes jobs whose VectaraJob has just been created.
func (u *unseenJobs) add(discovery types.NamespacedName, made []jobs.Found, now time.Time) {
	if len(made) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.created == nil {
		u.created = map[types.NamespacedName]map[string]time.Time{}
	}
	if u.created[discovery] == nil {
		u.created[discovery] = map[string]time.Time{}
	}
	for _, job := range made {
		u.created[discovery][job.ID] = now
	}
}

// among are the IDs of the jobs that a look into the cache does not show either.
func (u *unseenJobs) among(discovery *v1alpha1.VectaraJobDiscovery, present []v1alpha1.VectaraJob, now time.Time) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	unseen := u.created[client.ObjectKeyFromObject(discovery)]
	if len(unseen) == 0 {
		return nil
	}
	for i := range present {
		if metav1.IsControlledBy(&present[i], discovery) {
			delete(unseen, present[i].Spec.JobID)
		}
	}
	maps.DeleteFunc(unseen, func(_ string, created time.Time) bool { return now.Sub(created) > unseenFor })
	return slices.Collect(maps.Keys(unseen))
}

// forget forgets a job whose VectaraJob is gone.
func (u *unseenJobs) forget(discovery types.NamespacedName, jobID string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.created[discovery], jobID)
}

// forgetAll forgets a discovery that is gone.
func (u *unseenJobs) forgetAll(discovery types.NamespacedName) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.created, discovery)
}
