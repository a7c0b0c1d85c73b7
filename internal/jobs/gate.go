// SPDX-License-Identifier: Apache-2.0

package jobs

import "time"

// RefusedPause is for how long credentials that Vectara refuses are left alone, unless the Secret changes or somebody
// asks for a look.
const RefusedPause = 5 * time.Minute

// gate holds a session back after Vectara refused it as a whole. Until a later call gets through, calls are made one
// at a time.
type gate struct {
	since    time.Time // when it was closed; calls that were sent before say nothing about it
	until    time.Time
	paused   time.Time // until when Vectara asked for a pause
	fault    *Fault
	refusals int // in a row
}

func (g *gate) closed(now time.Time) bool { return now.Before(g.until) }

// probing reports whether it is still to be found out if the pause was long enough.
func (g *gate) probing() bool { return g.refusals > 0 }

// lets reports whether the closed gate lets a target through. A pause that Vectara asked for holds for everybody, but
// refused credentials may be tried again for somebody who asks for a look by name.
func (g *gate) lets(t *target, now time.Time) bool {
	return t.rank == requested && !now.Before(g.paused)
}

// refuse closes the gate because of a fault that an answer brought.
func (g *gate) refuse(fault *Fault, asked, answered time.Time, seed uint64) {
	if !g.probing() || asked.After(g.since) {
		g.refusals++
		g.since = answered
	}
	g.fault = fault
	until := answered.Add(pauseAfter(fault, g.refusals, seed))
	g.until = later(g.until, until)
	if fault.Kind == RateLimited {
		g.paused = later(g.paused, until)
	}
}

// pass opens the gate because a call got through.
func (g *gate) pass(asked time.Time) {
	if g.probing() && asked.After(g.since) {
		*g = gate{}
	}
}

func pauseAfter(fault *Fault, refusals int, seed uint64) time.Duration {
	switch {
	case fault.Kind == Unauthorized:
		return RefusedPause
	case fault.RetryAfter > 0:
		return fault.RetryAfter
	default:
		return Backoff(refusals, seed)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
