// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// held is what the manager holds on to: the least of some samples, as what comes and goes is no leak.
type held struct {
	HeapLive    float64 `json:"heapLiveMiB"`  // after a garbage collection
	HeapInUse   float64 `json:"heapInUseMiB"` // after a garbage collection
	RSS         float64 `json:"rssMiB"`
	Goroutines  float64 `json:"goroutines"`
	Descriptors float64 `json:"descriptors"`
	Connections float64 `json:"connections"` // to Vectara
}

// least takes the lesser of each.
func (h held) least(other held) held {
	return held{
		HeapLive: min(h.HeapLive, other.HeapLive), HeapInUse: min(h.HeapInUse, other.HeapInUse), RSS: min(h.RSS, other.RSS),
		Goroutines: min(h.Goroutines, other.Goroutines), Descriptors: min(h.Descriptors, other.Descriptors),
		Connections: min(h.Connections, other.Connections),
	}
}

// most takes the greater of each.
func (h held) most(other held) held {
	return held{
		HeapLive: max(h.HeapLive, other.HeapLive), HeapInUse: max(h.HeapInUse, other.HeapInUse), RSS: max(h.RSS, other.RSS),
		Goroutines: max(h.Goroutines, other.Goroutines), Descriptors: max(h.Descriptors, other.Descriptors),
		Connections: max(h.Connections, other.Connections),
	}
}

// idle is how many connections to Vectara the manager may keep for later.
const idle = 100

// leaks returns what the manager holds more of at the end than it did at the beginning, beyond a tolerance: a share, and
// a number for what is small. While connections may be
// kept that nothing needs any more, there may be as many as the manager keeps at most.
// Each of them has a descriptor and two goroutines, which are left out of those.
func leaks(before, after held, kept bool) []string {
	most := before.Connections
	if kept {
		most = max(most, idle)
	}
	var wrong []string
	for _, c := range []struct {
		what          string
		before, after float64
		share, more   float64
	}{
		{"live heap, MiB", before.HeapLive, after.HeapLive, 0.2, 4},
		{"heap in use, MiB", before.HeapInUse, after.HeapInUse, 0.3, 8},
		{"RSS, MiB", before.RSS, after.RSS, 0.3, 32},
		{"goroutines", before.Goroutines - 2*before.Connections, after.Goroutines - 2*after.Connections, 0, 24},
		{"file descriptors", before.Descriptors - before.Connections, after.Descriptors - after.Connections, 0, 16},
		{"connections to Vectara", most, after.Connections, 0, 16},
	} {
		if allowed := c.before*(1+c.share) + c.more; c.after > allowed {
			wrong = append(wrong, fmt.Sprintf("leak: %s: %.1f at the beginning, %.1f at the end, more than %.1f", c.what, c.before, c.after, allowed))
		}
	}
	return wrong
}
