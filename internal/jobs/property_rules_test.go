// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// tokensInAMinute is how many requests for tokens there may be in a minute while all fail: those of a few jobs that are not enough
// for the breaker to open, and those of lists.
const tokensInAMinute = 40

// handful is how many calls there may be in five minutes with credentials that are refused whatever is asked.
const handful = 6

// rules are what a client holds against the calls that it is asked to make. The lock of its simulation guards them.
type rules struct {
	asking  map[string]int // GETs of each job that are in flight
	polls   []time.Time    // when each GET that is in flight was sent
	pages   int            // that are in flight
	tokens  float64        // what is left of the budget
	counted time.Time      // when that was
	debt    float64        // token requests at that moment

	pausedFrom, pausedTo time.Time // the last pause that Vectara asked for
	probing              bool      // whether a 429 came that no later call got through after
	since                time.Time // when

	refusedSince time.Time       // since when all calls were refused; zero if the last one was not
	refused      []time.Time     // the calls since then that nobody requested by name
	refusedJobs  map[string]bool // the jobs that were refused in a row
	refusedAll   bool            // whether they have ever been enough to hold it against the credentials
	noToken      []time.Time     // the requests for tokens since the last that succeeded

	anyListed bool                 // whether pages have been for somebody who lists
	cooling   map[string]time.Time // until when no walk of the mirror of these states may begin
}

func newRules(limits Limits) rules {
	return rules{
		asking: map[string]int{}, refusedJobs: map[string]bool{}, cooling: map[string]time.Time{}, tokens: float64(limits.Burst), counted: time.Now(),
	}
}

// spend takes a request out of the budget.
func (c *simulatedClient) spend(now time.Time) {
	if !now.Equal(c.counted) {
		c.debt = 0
	}
	c.tokens = min(c.tokens+now.Sub(c.counted).Seconds()*c.limits.RequestsPerSecond, float64(c.limits.Burst)) - 1
	c.counted = now
}

// countToken takes a request for a token out of the budget. It may overdraw it.
func (c *simulatedClient) countToken(now time.Time) {
	c.spend(now)
	c.debt++
	c.calls++
	c.noToken = append(c.noToken, now)
	if n := len(c.noToken); n > tokensInAMinute && now.Sub(c.noToken[n-1-tokensInAMinute]) < time.Minute {
		c.failf("%d requests for tokens in %v, and all fail", tokensInAMinute+1, now.Sub(c.noToken[n-1-tokensInAMinute]))
	}
}

// judgePoll finds fault with a GET that nothing is due for.
func (c *simulatedClient) judgePoll(id string) {
	c.source.mu.Lock()
	defer c.source.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, w := range c.source.subscribers {
		if w.JobID != id || w.entry.session.api != API(c) {
			continue
		}
		if w.entry.session.breaker.probe.job == id {
			return // It is to find out whether the breaker may close.
		}
		if a := c.actors[w.Key]; !w.next.IsZero() && !w.next.After(now) || a.touched.Equal(now) {
			return
		}
	}
	if !c.brought[id].Equal(now) {
		c.failf("%q is polled before it is due", id)
	}
}

// judgePage finds fault with the first page of a walk of the mirror's own that begins although the one before failed.
func (c *simulatedClient) judgePage(query vectara.ListQuery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.anyListed = c.anyListed || c.isListed(c, time.Now())
	if now := time.Now(); query.PageKey == "" && now.Before(c.cooling[fmt.Sprint(query.States)]) && !c.anyListed {
		c.failf("a walk begins %v before the cool-down is over", c.cooling[fmt.Sprint(query.States)].Sub(now))
	}
}

func (c *simulatedClient) walkReturned(query vectara.ListQuery, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.cooling[fmt.Sprint(query.States)] = time.Now().Add(minCoolDown)
	}
}

// judgeCall finds fault with a call that is about to be sent.
func (c *simulatedClient) judgeCall(id string, now time.Time) {
	c.calls++
	c.spend(now)
	if c.tokens < -0.01-c.debt {
		c.failf("the budget is overdrawn by %.2f calls", -c.tokens)
	}
	if now.After(c.pausedFrom) && now.Before(c.pausedTo) {
		c.failf("%q is asked for with %s, %v before a pause is over", id, c.key, c.pausedTo.Sub(now))
	}
	if !c.wanted(id, now) && (id != "" || !c.isListed(c, now)) {
		c.failf("%q is asked for, and nobody wants to know", id)
	}
	if !c.refusedSince.IsZero() && now.After(c.refusedSince) && !c.requestedByName(id) {
		c.refused = append(c.refused, now)
		if n := len(c.refused); n > handful && now.Sub(c.refused[n-1-handful]) < RefusedPause {
			c.failf("%d calls in %v with credentials that are refused whatever is asked", handful+1, now.Sub(c.refused[n-1-handful]))
		}
	}
	if id == "" {
		c.simulation.pages++
		c.rules.pages++
		if most := len(c.lists) + len(Purposes()); c.rules.pages > most {
			c.failf("%d pages are in flight", c.rules.pages)
		}
		return
	}
	if c.probing && now.After(c.since) && slices.ContainsFunc(c.polls, func(sent time.Time) bool {
		return sent.After(c.since) && now.Sub(sent) < probeLease
	}) {
		c.failf("%q is polled while it is still to be found out whether a pause is over", id)
	}
	if len(c.polls) >= maxInFlight {
		c.failf("%d GETs are in flight already", len(c.polls))
	}
	if c.asking[id] > 0 {
		c.failf("there is a GET in flight already for %q", id)
	}
	c.asking[id]++
	c.polls = append(c.polls, now)
}

// callReturned takes notice that a call is in flight no more.
func (c *simulatedClient) callReturned(id string, sent time.Time) {
	if id == "" {
		c.rules.pages--
		return
	}
	c.asking[id]--
	at := slices.Index(c.polls, sent)
	c.polls = slices.Delete(c.polls, at, at+1)
}

// learn has the client know what an answer means for later calls.
func (c *simulatedClient) learn(id string, sent time.Time, a answer) {
	kind := FaultKind("")
	if a.fault != nil {
		kind = a.fault.Kind
	}
	if kind != Unauthorized {
		c.refusedSince, c.refused = time.Time{}, nil
	} else if c.refusedSince.IsZero() {
		c.refusedSince = a.returned
	}
	switch {
	case kind == Unauthorized && id != "":
		c.refusedJobs[id] = true
		c.refusedAll = c.refusedAll || len(c.refusedJobs) > 1
	case a.fault == nil:
		clear(c.refusedJobs)
	}
	switch {
	case kind == RateLimited:
		c.probing, c.since = true, a.returned
		pause := a.fault.RetryAfter
		if pause == 0 {
			pause = backoffBase * 3 / 4 // At least.
		}
		if until := a.returned.Add(pause); until.After(c.pausedTo) {
			c.pausedTo, c.pausedFrom = until, a.returned
		}
	case sent.After(c.since) && (a.fault == nil || id != "" && !a.fault.isOutage()):
		c.probing = false
	case sent.After(c.since) && id != "":
		c.since = a.returned
	}
}

// requestedByName reports whether somebody still waits for a poll of a job that was requested by name.
func (c *simulatedClient) requestedByName(id string) bool {
	for _, a := range c.actors {
		if a.shares(c, id) && a.subscription.Request.RequestedAt != a.answered.RequestedAt {
			return true
		}
	}
	return false
}

// wanted reports whether anybody has a reason to have a job polled; any job, if the ID is empty. What has happened at
// this very moment, the source may not know yet.
func (c *simulatedClient) wanted(id string, now time.Time) bool {
	for _, a := range c.actors {
		if a.touched.Equal(now) || a.toldAt.Equal(now) || a.shares(c, id) && a.wants() {
			return true
		}
	}
	return false
}
