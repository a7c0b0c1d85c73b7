// SPDX-License-Identifier: Apache-2.0

//go:build !race

package vectara

// allocations is how many times as much a buffer allocates while it grows than without the race detector.
const allocations = 1
