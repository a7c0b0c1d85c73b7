// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// simulatedClient is a session with a simulated account. It judges each call that it is asked to make. The lock of its
// simulation guards it.
type simulatedClient struct {
	*simulation
	key string // that starts with the name of its Secret

	answers map[question][]answer
	brought map[string]time.Time // when an answer last brought something of a job
	faults  []answer             // those that concern the whole session

	inFlight int
	asking   map[string]int // calls for each job alone
	tokens   float64        // what is left of the budget
	counted  time.Time      // when that was

	pausedFrom, pausedTo time.Time // the last pause that Vectara asked for
	refused              time.Time // when the credentials were last refused, until a later call gets through
	probing              bool
	since                time.Time // when the refusal came that no later call has got through after
}

// question tells calls apart by the job that they may bring something of.
type question struct {
	id   string
	sent time.Time
}

// answer is what a call brought of a job.
type answer struct {
	returned time.Time
	step     int // of its life
	fault    *Fault
}

// GetJob implements API.
func (c *simulatedClient) GetJob(ctx context.Context, id string) (vectara.Job, error) {
	c.judgeLook(id)
	var job vectara.Job
	err := c.exchange(ctx, id, func(_ string, sent time.Time) (err error) {
		job, err = c.account.get(id, sent)
		return err
	}, func(a answer, sent time.Time) {
		if a.fault == nil {
			a.step = c.stepOf(job)
		}
		c.answered(id, sent, a)
	})
	return job, err
}

// ListJobs implements API.
func (c *simulatedClient) ListJobs(ctx context.Context, query vectara.ListQuery) (vectara.Page, error) {
	var page vectara.Page
	err := c.exchange(ctx, "", func(trouble string, sent time.Time) (err error) {
		if trouble == "" {
			trouble = c.account.lists
		}
		page, err = c.account.list(query, trouble, sent)
		return err
	}, func(a answer, sent time.Time) {
		for _, job := range page.Jobs {
			c.answered(job.ID, sent, answer{returned: a.returned, step: c.stepOf(job)})
		}
	})
	return page, err
}

// exchange makes a call for a job, or for a page if id is empty. The answer is made out when the call is sent, and
// arrives after a delay.
func (c *simulatedClient) exchange(
	ctx context.Context, id string, makeOut func(trouble string, sent time.Time) error, record func(answer, time.Time),
) error {
	c.mu.Lock()
	sent := time.Now()
	c.judgeCall(id, sent)
	c.inFlight++
	c.asking[id]++
	trouble := c.account.troubleOf(c.key, id, sent)
	delay := c.account.delay(trouble, c.key, id, sent)
	err := c.account.errorOf(trouble, c.key, id, sent)
	if err == nil {
		err = makeOut(trouble, sent)
	}
	c.mu.Unlock()

	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		err = ctx.Err()
		if errors.Is(err, context.DeadlineExceeded) {
			err = &vectara.TransportError{Operation: vectara.OperationGetJob, Kind: vectara.KindTimeout, Detail: "timed out"}
		}
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
	c.asking[id]--
	if errors.Is(err, context.Canceled) {
		return err
	}
	a := answer{returned: time.Now(), step: -1}
	if err != nil {
		a.fault = classify(err)
	}
	c.learn(sent, a)
	if id != "" || a.fault == nil {
		record(a, sent)
	}
	return err
}

func (c *simulatedClient) answered(id string, sent time.Time, a answer) {
	c.brought[id] = a.returned
	q := question{id, sent}
	c.answers[q] = append(c.answers[q], a)
}

// judgeLook finds fault with a call for a job alone that nothing is due for.
func (c *simulatedClient) judgeLook(id string) {
	c.source.mu.Lock()
	defer c.source.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, w := range c.source.watchers {
		if w.JobID != id || w.session.api != API(c) {
			continue
		}
		if a := c.actors[w.Key]; !w.due.IsZero() && !w.due.After(now) || a.touched.Equal(now) {
			return
		}
	}
	if !c.brought[id].Equal(now) {
		c.failf("%q is asked for before it is due", id)
	}
}

// judgeCall finds fault with a call that is about to be sent.
func (c *simulatedClient) judgeCall(id string, now time.Time) {
	c.calls++
	if id == "" {
		c.pages++
	}
	c.tokens = min(c.tokens+now.Sub(c.counted).Seconds()*c.limits.RequestsPerSecond, float64(c.limits.Burst)) - 1
	c.counted = now
	if c.tokens < -0.01 {
		c.failf("the budget is overdrawn by %.2f calls", -c.tokens)
	}
	if c.inFlight >= maxCallsPerSession {
		c.failf("%d calls are under way already", c.inFlight)
	}
	if c.asking[id] > 0 {
		c.failf("there is a call under way already for %q", id)
	}
	if now.After(c.pausedFrom) && now.Before(c.pausedTo) {
		c.failf("%q is asked for with %s, %v before a pause is over", id, c.key, c.pausedTo.Sub(now))
	}
	if !c.refused.IsZero() && now.After(c.refused) && now.Before(c.refused.Add(RefusedPause)) && !c.askedByName(id) {
		c.failf("%q is asked for with credentials that were refused %v ago", id, now.Sub(c.refused))
	}
	if c.probing && now.After(c.since) && c.inFlight > 0 {
		c.failf("%q is asked for while it is still to be found out whether the gate is open", id)
	}
	if !c.wanted(id, now) && (id != "" || !c.isListed(c, now)) {
		c.failf("%q is asked for, and nobody wants to know", id)
	}
}

// learn has the client know what an answer means for later calls.
func (c *simulatedClient) learn(sent time.Time, a answer) {
	if !a.fault.concernsSession() {
		if sent.After(c.since) {
			c.probing, c.refused = false, time.Time{}
		}
		return
	}
	c.faults = append(c.faults, a)
	if !c.probing || sent.After(c.since) {
		c.probing, c.since = true, a.returned
	}
	switch pause := a.fault.RetryAfter; {
	case a.fault.Kind == Unauthorized:
		c.refused = a.returned
	case pause == 0:
		pause = backoffBase * 3 / 4 // At least.
		fallthrough
	default:
		if until := a.returned.Add(pause); until.After(c.pausedTo) {
			c.pausedTo = until
			c.pausedFrom = a.returned
		}
	}
}

// askedByName reports whether somebody is still to be answered who asked by name for a look at a job.
func (c *simulatedClient) askedByName(id string) bool {
	for _, w := range c.actors {
		if w.shares(c, id) && w.watch.Request.RequestedAt != "" &&
			(w.told == nil || w.told.Request.RequestedAt != w.watch.Request.RequestedAt) {
			return true
		}
	}
	return false
}

// wanted reports whether anybody has a reason to have a job looked at; any job, if the ID is empty. What has happened at
// this very moment, the source may not know yet.
func (c *simulatedClient) wanted(id string, now time.Time) bool {
	for _, w := range c.actors {
		if w.touched.Equal(now) || w.toldAt.Equal(now) || w.shares(c, id) && w.wants() {
			return true
		}
	}
	return false
}

// stepOf returns which state of its life a job is in; -1 if it is in none.
func (s *simulation) stepOf(job vectara.Job) int {
	l := s.account.lives[job.ID]
	for i := range l.states {
		if told := l.job(i); sameJob(&job, &told) {
			return i
		}
	}
	return -1
}
