// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"slices"
	"time"
)

// percentile returns the smallest of the times that at least p percent of them do not exceed (the nearest rank). The
// times must be sorted; of none, it is 0.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// lags are times that something took, some of which were not over when the measurement was given up.
type lags struct {
	took []time.Duration
	open int
}

// waits are the times from the creation of objects to their first status.
func (f *fleet) waits(created map[string]time.Time) lags {
	var waits lags
	for name, since := range created {
		at, ok := f.seen.seenAt(name)
		if !ok {
			waits.open++
			at = time.Now()
		}
		waits.took = append(waits.took, at.Sub(since))
	}
	return waits
}

// figures are percentiles of the lags. Lags that were not over count with the time that had passed, and make all but the
// median a lower bound.
func (l lags) figures(name string, percentiles ...float64) []figure {
	slices.Sort(l.took)
	var figures []figure
	for _, p := range percentiles {
		label := "p" + grouped(int(p))
		if p == 100 {
			label = "max"
		}
		f := span(name+", "+label, percentile(l.took, p))
		f.AtLeast = l.open > 0 && p > 50 || l.open > len(l.took)/2
		figures = append(figures, f)
	}
	return figures
}
