// SPDX-License-Identifier: Apache-2.0

// Package upgrade tests what outlasts a change of the operator or of the cluster: an upgrade from the last release and the way
// back, and a restore from a backup without status. The managers are the real binaries, the last release's built from its
// commit, on a real API server. Only Vectara is played, by internal/simulator.
package upgrade
