// SPDX-License-Identifier: Apache-2.0

// Package jobs is where observations of Vectara jobs come from.
//
// A Source works like an informer. A watcher says which job it wants observed, with which credentials and how often
// (Observe). From then on the source asks Vectara when the time comes, and wakes the watcher only when there is something
// new to read (Observe again). An answer that says what the last one said wakes nobody.
//
// Watchers with the same credentials share a session: one request budget, one gate that closes when Vectara asks for
// a pause, one call for all watchers of the same job, and one list for many jobs where that costs fewer calls.
//
// The package knows Vectara, not Kubernetes: a watcher is a Key.
package jobs
