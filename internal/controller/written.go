// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// writtenVersions remembers the version of each object that was written last, to tell whether a copy out of the cache is
// older than that. Its zero value is ready for use.
type writtenVersions struct {
	mu       sync.Mutex
	versions map[types.NamespacedName]written
}

type written struct {
	uid     types.UID
	version string
}

// note remembers an object that has just been written.
func (w *writtenVersions) note(object client.Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.versions == nil {
		w.versions = map[types.NamespacedName]written{}
	}
	w.versions[client.ObjectKeyFromObject(object)] = written{object.GetUID(), object.GetResourceVersion()}
}

// reached reports whether a copy is at least as new as what was written last.
func (w *writtenVersions) reached(copied client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.versions[client.ObjectKeyFromObject(copied)]
	if !ok || last.uid != copied.GetUID() {
		return true
	}
	order, err := resourceversion.CompareResourceVersion(copied.GetResourceVersion(), last.version)
	return err != nil || order >= 0
}

// forget forgets an object that is gone.
func (w *writtenVersions) forget(name types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.versions, name)
}
