// SPDX-License-Identifier: Apache-2.0

//go:build race

package jobs

// usualSeeds is how many seeds TestWhateverHappens tries unless it is told otherwise. The race detector makes each of them slow.
const usualSeeds = 40
