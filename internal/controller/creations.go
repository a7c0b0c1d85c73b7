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

// creations are the VectaraJobs of discoveries that were created a moment ago. The cache does not show them at once, but they
// count towards spec.maxJobs. And until status has them, nobody else remembers that they were created. Its zero value is
// ready for use.
type creations struct {
	mu sync.Mutex
	of map[types.NamespacedName]*creation
}

// creation is what was created for one discovery.
type creation struct {
	uid       types.UID
	unseen    map[string]time.Time // by job ID: when it was created
	unwritten []jobs.Found
}

// entry is what was created for a discovery, and not for a former one of its name.
func (c *creations) entry(discovery *v1alpha1.VectaraJobDiscovery) *creation {
	name := client.ObjectKeyFromObject(discovery)
	if c.of == nil {
		c.of = map[types.NamespacedName]*creation{}
	}
	if found, ok := c.of[name]; ok && found.uid == discovery.UID {
		return found
	}
	c.of[name] = &creation{uid: discovery.UID, unseen: map[string]time.Time{}}
	return c.of[name]
}

// add notes jobs whose VectaraJob has just been created.
func (c *creations) add(discovery *v1alpha1.VectaraJobDiscovery, made []jobs.Found, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry := c.entry(discovery)
	for _, job := range made {
		entry.unseen[job.ID] = now
	}
	entry.unwritten = append(entry.unwritten, made...)
}

// unseen are the IDs of the jobs that a look into the cache does not show either.
func (c *creations) unseen(discovery *v1alpha1.VectaraJobDiscovery, present []v1alpha1.VectaraJob, now time.Time) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	unseen := c.entry(discovery).unseen
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

// unwritten are the jobs that status does not have, as it could not be written.
func (c *creations) unwritten(discovery *v1alpha1.VectaraJobDiscovery) []jobs.Found {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.entry(discovery).unwritten)
}

// wrote notes that status has all.
func (c *creations) wrote(discovery *v1alpha1.VectaraJobDiscovery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entry(discovery).unwritten = nil
}

// deleted notes that the VectaraJob of a job is gone.
func (c *creations) deleted(discovery types.NamespacedName, jobID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if entry, ok := c.of[discovery]; ok {
		delete(entry.unseen, jobID)
	}
}

// forget forgets a discovery that is gone.
func (c *creations) forget(discovery types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.of, discovery)
}
