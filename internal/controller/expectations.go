// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"maps"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// expectationTimeout is how long the cache may take to show a VectaraJob that was created. After that, it is considered missed.
const expectationTimeout = time.Minute

// expectations are what was written a moment ago and the cache may not show yet. VectaraJobs that were created count towards
// spec.maxJobs, and until status has them, nothing else remembers that they were created. Its zero value is ready for use.
type expectations struct {
	mu sync.Mutex
	of map[types.NamespacedName]*expectation
}

// expectation is what was written for one discovery.
type expectation struct {
	uid       types.UID
	expected  map[string]time.Time // by job ID: when its VectaraJob was created
	unwritten []jobs.Found
	version   string // the resource version of the last write of its status; empty if there was none
}

// entry is what was written for a discovery, and not for a former one of its name.
func (e *expectations) entry(discovery *v1alpha1.VectaraJobDiscovery) *expectation {
	name := client.ObjectKeyFromObject(discovery)
	if e.of == nil {
		e.of = map[types.NamespacedName]*expectation{}
	}
	if found, ok := e.of[name]; ok && found.uid == discovery.UID {
		return found
	}
	e.of[name] = &expectation{uid: discovery.UID, expected: map[string]time.Time{}}
	return e.of[name]
}

// created records jobs whose VectaraJob has just been created.
func (e *expectations) created(discovery *v1alpha1.VectaraJobDiscovery, made []jobs.Found, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	entry := e.entry(discovery)
	for _, job := range made {
		entry.expected[job.ID] = now
	}
	entry.unwritten = append(entry.unwritten, made...)
}

// pending returns the IDs of the jobs whose VectaraJob the cache does not show yet, and the jobs that status does not have,
// because it could not be written.
func (e *expectations) pending(discovery *v1alpha1.VectaraJobDiscovery, present []v1alpha1.VectaraJob, now time.Time) (expected []string, unwritten []jobs.Found) {
	e.mu.Lock()
	defer e.mu.Unlock()
	entry := e.entry(discovery)
	for i := range present {
		if len(entry.expected) > 0 && metav1.IsControlledBy(&present[i], discovery) {
			delete(entry.expected, present[i].Spec.JobID)
		}
	}
	maps.DeleteFunc(entry.expected, func(_ string, created time.Time) bool { return now.Sub(created) > expectationTimeout })
	return slices.Collect(maps.Keys(entry.expected)), slices.Clone(entry.unwritten)
}

// written records a write of status, and whether status has all jobs that were created.
func (e *expectations) written(discovery *v1alpha1.VectaraJobDiscovery, all bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	entry := e.entry(discovery)
	entry.version = discovery.ResourceVersion
	if all {
		entry.unwritten = nil
	}
}

// reached reports whether a copy of a discovery is at least as new as the status that was written last.
func (e *expectations) reached(discovery *v1alpha1.VectaraJobDiscovery) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	entry, ok := e.of[client.ObjectKeyFromObject(discovery)]
	if !ok || entry.uid != discovery.UID || entry.version == "" {
		return true
	}
	order, err := resourceversion.CompareResourceVersion(discovery.ResourceVersion, entry.version)
	return err != nil || order >= 0
}

// deleted records that the VectaraJob of a job is gone.
func (e *expectations) deleted(discovery types.NamespacedName, jobID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if entry, ok := e.of[discovery]; ok {
		delete(entry.expected, jobID)
	}
}

// forget forgets a discovery that is gone.
func (e *expectations) forget(discovery types.NamespacedName) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.of, discovery)
}
