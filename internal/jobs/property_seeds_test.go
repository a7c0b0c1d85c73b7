// SPDX-License-Identifier: Apache-2.0

//go:build !race

package jobs

// usualSeeds is how many seeds TestWhateverHappens tries unless it is told otherwise.
const usualSeeds = 300
