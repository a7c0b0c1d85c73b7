// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
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
	case o.Fault != nil && o.Fault.Kind == Unauthorized:
		interval = RefusedPause
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

// actor is a resource that subscribes to a job, and what it was told.
type actor struct {
	subscription Subscription
	secret       string               // the name of its Secret
	joined       time.Time            // when it came to have the credentials that it has, or came back
	touched      time.Time            // when it last wanted something else
	generations  map[int64]time.Time  // when it came to want each generation
	byName       map[string]time.Time // when it came to want each request by name
	away         bool                 // whether it does not subscribe at present
	gone         bool
	told         *Observation // since it joined
	forgotten    bool         // whether the source does not know what it was told, as it came back and was told nothing since
	content      bool         // whether it knew all that it wants when it joined
	toldAt       time.Time
	answered     Request   // the newest Request that it was told is answered
	newest       time.Time // when the newest observation was asked that it was ever told
	seen         int       // the last state of the life that it was told of; -1 if none
}

func newActor(subscription Subscription, secret string) *actor {
	now := time.Now()
	a := &actor{
		subscription: subscription, secret: secret, joined: now, touched: now, seen: -1,
		generations: map[int64]time.Time{0: now, subscription.Request.Generation: now}, // 0 stands for no answer.
		byName:      map[string]time.Time{"": now, subscription.Request.RequestedAt: now},
	}
	if !subscription.Urgent {
		a.answered = subscription.Request
	}
	return a
}

// keyOf is what the simulation calls credentials by.
func keyOf(c vectara.Credentials) string { return c.APIKey + c.ClientID }

// shares reports whether an actor wants a job polled with a client's credentials; any job, if the ID is empty.
func (a *actor) shares(c *simulatedClient, id string) bool {
	return !a.gone && !a.away && keyOf(a.subscription.Credentials) == c.key && (id == "" || a.subscription.JobID == id)
}

// wants reports whether there is anything that the actor does not know, and will.
func (a *actor) wants() bool {
	return a.told == nil && !a.content || a.told != nil && a.wantsMore()
}

func (a *actor) wantsMore() bool {
	return a.told.Request != a.subscription.Request || a.told.Job == nil || a.told.Overdue != nil ||
		!a.subscription.Schedule.Next(*a.told).IsZero()
}

// request has the actor want something else from now on.
func (a *actor) request(request Request, now time.Time) {
	if request.Generation != a.subscription.Request.Generation {
		a.generations[request.Generation] = now
	}
	if request.RequestedAt != a.subscription.Request.RequestedAt {
		a.byName[request.RequestedAt] = now
	}
	a.subscription.Request, a.subscription.Urgent, a.touched, a.content = request, true, now, false
}

// pendingSince is when the actor came to want what it waits for; the zero time if it has been answered.
func (a *actor) pendingSince() time.Time {
	if a.content || a.told != nil && a.told.Request == a.subscription.Request {
		return time.Time{}
	}
	since := a.generations[a.subscription.Request.Generation]
	return later(later(since, a.byName[a.subscription.Request.RequestedAt]), a.joined)
}

// mayClaim reports whether what the actor is told may claim to answer a request. The first observation may be shared, if
// it was made in the minute before the actor came or later; a request by name is answered by nothing that was asked before.
func (a *actor) mayClaim(o *Observation) bool {
	generation, known := a.generations[o.Request.Generation]
	byName, knownByName := a.byName[o.Request.RequestedAt]
	fresh := o.Request.Generation == a.answered.Generation || o.Overdue != nil || !o.Asked.Before(generation) ||
		a.told == nil && !o.Asked.Before(a.joined.Add(-prefetchAge))
	return known && knownByName && fresh &&
		(o.Request.RequestedAt == a.answered.RequestedAt || o.Request.RequestedAt == "" || !o.Asked.Before(byName))
}
