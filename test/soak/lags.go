// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"
)

// lags are how long status took to say what Vectara said.
type lags struct {
	first durations // from the creation of an object to its first state
	end   durations // from the end of a job to a final state
}

// durations are what was measured since the last look, and since the beginning.
type durations struct {
	all    []time.Duration
	latest time.Duration // the longest since the last look
}

func (d *durations) add(one time.Duration) {
	d.all = append(d.all, one)
	d.latest = max(d.latest, one)
}

// longestNow returns the longest since the last call.
func (d *durations) longestNow() time.Duration {
	longest := d.latest
	d.latest = 0
	return longest
}

// quantiles are of everything that was measured.
type quantiles struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50Seconds"`
	P99 float64 `json:"p99Seconds"`
	Max float64 `json:"maxSeconds"`
}

func (d *durations) quantiles() quantiles {
	n := len(d.all)
	if n == 0 {
		return quantiles{}
	}
	sorted := slices.Sorted(slices.Values(d.all))
	return quantiles{N: n, P50: sorted[(n-1)/2].Seconds(), P99: sorted[(n-1)*99/100].Seconds(), Max: sorted[n-1].Seconds()}
}
