// SPDX-License-Identifier: Apache-2.0

// Package jobs is where observations of Vectara jobs come from.
//
// A Source works like an informer. A watcher says once which job it wants observed, with which credentials and how
// often (Watch). From then on the source asks Vectara when the time comes, and wakes the watcher only when there is
// something new to read (Latest). An answer that says what the last one said wakes nobody.
//
// Watchers with the same credentials share a session: one request budget, one gate that closes when Vectara asks for
// a pause, and one call for all watchers of the same job.
//
// The package knows Vectara, not Kubernetes: a watcher is a Key.
package jobs
