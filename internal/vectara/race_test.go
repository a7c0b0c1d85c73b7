// SPDX-License-Identifier: Apache-2.0

//go:build race

package vectara

// allocations is how many times as much a buffer allocates while it grows: the race detector keeps the compiler from growing it in
// one step.
const allocations = 2
