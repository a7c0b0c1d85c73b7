// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// simulatedClient is a session with a simulated account. Its rules judge each call that it is asked to make. The lock of its
// simulation guards it.
type simulatedClient struct {
	*simulation
	rules
	key          string // that the credentials are
	needsToken   bool
	tokenRequest func()
	token        *simulatedToken

	answers map[question][]answer
	brought map[string]time.Time // when an answer last brought something of a job
	faults  []answer
}

// simulatedToken is an access token, or what came of fetching one.
type simulatedToken struct {
	fetched chan struct{} // closed when it was
	until   time.Time     // until when it is good
	err     error
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

// open gives the source a session with the account.
func (s *simulation) open(c vectara.Credentials, tokenRequest func()) API {
	client := &simulatedClient{
		simulation: s, rules: newRules(s.limits), key: keyOf(c), needsToken: c.ClientID != "", tokenRequest: tokenRequest,
		answers: map[question][]answer{}, brought: map[string]time.Time{},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.source.sessions {
		if session.api.(*simulatedClient).key == client.key { // The source has no others.
			s.failf("there are two sessions for %s", client.key)
		}
	}
	s.clients = append(s.clients, client)
	return client
}

// AlsoRedact implements API.
func (c *simulatedClient) AlsoRedact(vectara.Credentials) {}

// GetJob implements API.
func (c *simulatedClient) GetJob(ctx context.Context, id string) (vectara.Job, error) {
	c.judgePoll(id)
	var job vectara.Job
	err := c.roundTrip(ctx, apiCall{getCall, id, vectara.OperationGetJob}, func(_ string, now time.Time) (err error) {
		job, err = c.account.get(id, now)
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
	c.judgePage(query)
	err := c.roundTrip(ctx, apiCall{listCall, "", vectara.OperationListJobs}, func(trouble string, now time.Time) (err error) {
		page, err = c.account.list(query, trouble, now)
		return err
	}, func(a answer, sent time.Time) {
		for _, job := range page.Jobs {
			c.answered(job.ID, sent, answer{returned: a.returned, step: c.stepOf(job)})
		}
	})
	c.walkReturned(query, err)
	return page, err
}

// apiCall is a call for a job, or for a page if id is empty.
type apiCall struct{ kind, id, operation string }

// roundTrip makes a call, once there is a token for it. The answer is made out when the call is sent, and arrives after a delay.
func (c *simulatedClient) roundTrip(
	ctx context.Context, call apiCall, makeOut func(trouble string, now time.Time) error, record func(answer, time.Time),
) error {
	c.mu.Lock()
	asked := time.Now()
	c.judgeCall(call.id, asked)
	c.mu.Unlock()

	err := c.authorize(ctx)
	if err == nil {
		c.mu.Lock()
		now := time.Now()
		trouble := c.account.troubleOf(call.kind, c.key, call.id, now)
		delay := c.account.delay(trouble, c.key, call.id, now)
		result := c.account.errorOf(trouble, call.operation, c.key, call.id, now)
		if result == nil {
			result = makeOut(trouble, now)
		}
		c.mu.Unlock()
		if err = wait(ctx, time.After(delay), call.operation); err == nil {
			err = result
		}
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.callReturned(call.id, asked)
	if errors.Is(err, context.Canceled) {
		return err
	}
	a := answer{returned: time.Now(), step: -1}
	if err != nil {
		a.fault = classify(err)
		c.faults = append(c.faults, a)
	}
	c.learn(call.id, asked, a)
	if call.id != "" || a.fault == nil {
		record(a, asked)
	}
	return err
}

// wait waits for something to happen, for as long as a context lets it.
func wait[T any](ctx context.Context, happened <-chan T, operation string) error {
	select {
	case <-happened:
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return &vectara.TransportError{Operation: operation, Kind: vectara.KindTimeout, Detail: "timed out"}
		}
		return ctx.Err()
	}
}

// authorize fetches a token, if one is needed and there is none. Who needs one at the same time waits for the same.
func (c *simulatedClient) authorize(ctx context.Context) error {
	if !c.needsToken {
		return nil
	}
	c.mu.Lock()
	now := time.Now()
	token := c.token
	if token == nil || !token.until.IsZero() && !now.Before(token.until) {
		token = &simulatedToken{fetched: make(chan struct{})}
		c.token = token
		c.countToken(now)
		go c.fetchToken(token, now)
	}
	c.mu.Unlock()
	if err := wait(ctx, token.fetched, vectara.OperationToken); err != nil {
		return err
	}
	return token.err
}

func (c *simulatedClient) fetchToken(token *simulatedToken, now time.Time) {
	c.tokenRequest()
	c.mu.Lock()
	trouble := c.account.troubleOf(tokenCall, c.key, "", now)
	delay := c.account.delay(trouble, c.key, "token", now)
	err := c.account.errorOf(trouble, vectara.OperationToken, c.key, "token", now)
	c.mu.Unlock()
	<-time.After(min(delay, 30*time.Second))

	c.mu.Lock()
	defer c.mu.Unlock()
	token.until = time.Now().Add(5 * time.Minute)
	switch {
	case delay > 30*time.Second:
		err = &vectara.TransportError{Operation: vectara.OperationToken, Kind: vectara.KindTimeout, Detail: "timed out"}
	case trouble == "401":
		err = &vectara.AuthError{StatusCode: 401, Code: "invalid_client"}
	}
	if token.err = err; err != nil {
		token.until = time.Now()
	} else {
		c.noToken = nil
	}
	close(token.fetched)
}

func (c *simulatedClient) answered(id string, sent time.Time, a answer) {
	c.brought[id] = a.returned
	q := question{id, sent}
	c.answers[q] = append(c.answers[q], a)
}

// returned reports whether an observation is what the account returned.
func (c *simulatedClient) returned(id string, o *Observation, now time.Time) bool {
	late := o.Overdue == nil || o.Overdue.StatusCode == 0 && (o.Overdue.Kind == RateLimited || o.Overdue.Kind == Unavailable) ||
		slices.ContainsFunc(c.faults, func(a answer) bool { return !a.returned.After(now) && o.Overdue.Is(a.fault) })
	if o.Asked.IsZero() {
		return late && o.Overdue != nil && o.Job == nil && o.Fault == nil
	}
	return late && slices.ContainsFunc(c.answers[question{id, o.Asked}], func(a answer) bool {
		return !a.returned.After(now) && (o.Fault != nil && o.Fault.Is(a.fault) ||
			o.Job != nil && o.Job.ID == id && a.step >= 0 && a.step == c.stepOf(*o.Job))
	})
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
