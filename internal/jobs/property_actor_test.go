// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"
)

// cadence is a schedule like the reconciler's: a fixed interval, or a tenth of the time that the job has been in its
// state, both with jitter; longer pauses after faults, and never again after the end.
type cadence struct {
	seed  uint64
	fixed time.Duration // 0 means adaptive
}

const (
	shortest = 2 * time.Second
	longest  = time.Minute
	recheck  = 2 * time.Minute
)

func (c cadence) First(now time.Time) time.Time {
	return now.Add(time.Duration(Fraction(c.seed, 0) * float64(c.longest())))
}

func (c cadence) Next(o Observation) time.Time {
	interval := c.fixed
	switch {
	case o.Fault != nil && (o.Fault.Kind == PermissionDenied || o.Fault.Kind == NotFound):
		interval = recheck
	case o.Fault != nil:
		return o.Answered.Add(Backoff(o.Failures, c.seed))
	case slices.Contains(finalStates, o.Job.State):
		return time.Time{}
	case interval == 0:
		interval = min(max(o.Answered.Sub(o.Job.StartedAt)/10, shortest), longest)
	}
	return o.Answered.Add(time.Duration(float64(interval) * (0.9 + 0.2*Fraction(c.seed, uint64(o.Asked.UnixNano())))))
}

func (c cadence) longest() time.Duration {
	if c.fixed > 0 {
		return c.fixed
	}
	return longest
}

// actor is a resource that watches a job, and what it was told.
type actor struct {
	watch   Watch
	joined  time.Time            // when it came to have the credentials that it has
	touched time.Time            // when it last wanted something else
	wished  map[int64]time.Time  // when it came to want each generation
	asked   map[string]time.Time // when it came to want each look by name
	gone    bool
	told    *Observation // since it joined, or from before if that still holds
	toldAt  time.Time
	seen    int // the last state of the life that it was told of; -1 if none
}

// shares reports whether an actor wants a job observed with a client's credentials; any job, if the ID is empty.
func (a *actor) shares(c *simulatedClient, id string) bool {
	return !a.gone && a.watch.Credentials.Vectara.APIKey == c.key && (id == "" || a.watch.JobID == id)
}

// wants reports whether there is anything that the actor does not know, and will.
func (a *actor) wants() bool {
	return a.told == nil || a.told.Request != a.watch.Request || a.told.Fault != nil || !a.watch.Schedule.Next(*a.told).IsZero()
}

// wish has the actor want something else from now on.
func (a *actor) wish(request Request, now time.Time) {
	if request.Generation != a.watch.Request.Generation {
		a.wished[request.Generation] = now
	}
	if request.RequestedAt != a.watch.Request.RequestedAt {
		a.asked[request.RequestedAt] = now
	}
	a.watch.Request, a.watch.Urgent, a.touched = request, true, now
}

// pendingSince is when the actor came to want what it waits for; the zero time if it has been answered.
func (a *actor) pendingSince() time.Time {
	if a.told != nil && a.told.Request == a.watch.Request {
		return time.Time{}
	}
	since := a.wished[a.watch.Request.Generation]
	return later(later(since, a.asked[a.watch.Request.RequestedAt]), a.joined)
}

// mayClaim reports whether a look that was sent at a time may claim to answer a request. Who joins while a call is under
// way shares its answer, unless it asked for a look by name.
func (a *actor) mayClaim(request Request, sent time.Time) bool {
	generation, known := a.wished[request.Generation]
	byName, knownByName := a.asked[request.RequestedAt]
	if !known || !knownByName {
		return false
	}
	fresh := func(wished time.Time) bool { return !sent.Before(wished) || !wished.After(a.joined) }
	if a.told != nil && a.told.Request.RequestedAt == request.RequestedAt {
		return fresh(generation)
	}
	return fresh(generation) && (request.RequestedAt == "" || !sent.Before(byName))
}
