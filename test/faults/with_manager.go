// SPDX-License-Identifier: Apache-2.0

package faults

// livesPerManager is more than any manager gets in a run.
const livesPerManager = 1 << 20

// WithManager is the same world with another manager to test. Only the world that it was made of is to be stopped.
func (w *World) WithManager(manager string) *World {
	other := &World{
		cluster: w.cluster, admin: w.admin, manager: manager, folder: w.folder, certificate: w.certificate, operator: w.operator, apiRoots: w.apiRoots,
	}
	other.lives.Store(w.lives.Add(livesPerManager)) // No two lives have the same namespace.
	return other
}
