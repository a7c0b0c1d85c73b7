// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// partialFailure is how a request fails: with a status, or with no response before its deadline.
type partialFailure struct {
	status int
	pause  time.Duration // Retry-After; 0 means that the response has none
	hangs  bool
}

func (f *partialFailure) err(operation string) error {
	if operation == vectara.OperationToken && f.status == 401 {
		return &vectara.AuthError{StatusCode: 401, Code: "invalid_client"}
	}
	return &vectara.APIError{Operation: operation, StatusCode: f.status, RetryAfter: f.pause}
}

// madeRequest is a request that an account received.
type madeRequest struct {
	at   time.Time
	kind string // an operation of the client
	key  string // the API key or the client ID
	id   string // of a job, if the request was for one
	page string // the page key, if the request was for a page
}

// partialAccount is a Vectara account of which each part can fail alone: GET, LIST, the token endpoint, single jobs.
// All fields but the first are read under the lock: change them with set.
type partialAccount struct {
	mu sync.Mutex

	get, list, token *partialFailure            // nil: these requests succeed
	jobs             map[string]*partialFailure // GETs for single jobs
	keys             map[string]*partialFailure // GETs and LISTs with single keys
	nextGet          map[string]*partialFailure // the next GET for a job, and no other

	latency, pageLatency time.Duration
	tokenLife            time.Duration
	lag                  time.Duration   // lists show a job this long after its creation
	lost                 map[string]bool // lists never show these jobs
	empty                bool            // lists are empty

	running  []vectara.Job // the oldest first
	byID     map[string]vectara.Job
	requests []madeRequest

	// returned is called for each job that a successful response holds.
	returned func(job *vectara.Job, asked, answered time.Time)
}

func newPartialAccount() *partialAccount {
	return &partialAccount{
		jobs: map[string]*partialFailure{}, nextGet: map[string]*partialFailure{}, keys: map[string]*partialFailure{},
		lost: map[string]bool{}, byID: map[string]vectara.Job{},
		latency: 50 * time.Millisecond, pageLatency: 100 * time.Millisecond, tokenLife: 30 * time.Minute,
		returned: func(*vectara.Job, time.Time, time.Time) {},
	}
}

// set changes how the account behaves.
func (a *partialAccount) set(change func(*partialAccount)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

// add adds a job that has been running since it was created.
func (a *partialAccount) add(id string, created time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	job := vectara.Job{ID: id, State: "started", CreatedAt: created, StartedAt: created}
	at, _ := slices.BinarySearchFunc(a.running, job, olderJob)
	a.running = slices.Insert(a.running, at, job)
	a.byID[id] = job
}

func olderJob(x, y vectara.Job) int {
	return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), strings.Compare(x.ID, y.ID))
}

// open returns a session of the account. A source that wants to know of each token request passes a hook.
func (a *partialAccount) open(credentials vectara.Credentials, onTokenRequest func()) API {
	client := &partialClient{account: a, key: credentials.APIKey}
	if client.key == "" {
		client.key = credentials.ClientID
		client.tokens = &partialTokens{account: a, key: client.key, onRequest: onTokenRequest}
	}
	return client
}

// partialClient is a session of a partialAccount.
type partialClient struct {
	account *partialAccount
	key     string
	tokens  *partialTokens // nil for an API key
}

// GetJob implements API.
func (c *partialClient) GetJob(ctx context.Context, id string) (vectara.Job, error) {
	if err := c.tokens.wait(ctx); err != nil {
		return vectara.Job{}, err
	}
	a, asked := c.account, time.Now()
	a.mu.Lock()
	a.requests = append(a.requests, madeRequest{at: asked, kind: vectara.OperationGetJob, key: c.key, id: id})
	fails := cmp.Or(a.nextGet[id], a.jobs[id], a.keys[c.key], a.get)
	delete(a.nextGet, id)
	latency := a.latency
	job, known := a.byID[id]
	if !known && fails == nil {
		fails = &partialFailure{status: 404}
	}
	a.mu.Unlock()
	if err := partialResponse(ctx, vectara.OperationGetJob, latency, fails); err != nil {
		return vectara.Job{}, err
	}
	a.returned(&job, asked, time.Now())
	return job, nil
}

// ListJobs implements API.
func (c *partialClient) ListJobs(ctx context.Context, query vectara.ListQuery) (vectara.Page, error) {
	if err := c.tokens.wait(ctx); err != nil {
		return vectara.Page{}, err
	}
	a, asked := c.account, time.Now()
	a.mu.Lock()
	a.requests = append(a.requests, madeRequest{at: asked, kind: vectara.OperationListJobs, key: c.key, page: query.PageKey})
	fails, latency := cmp.Or(a.keys[c.key], a.list), a.pageLatency
	page := a.page(query, asked)
	a.mu.Unlock()
	if err := partialResponse(ctx, vectara.OperationListJobs, latency, fails); err != nil {
		return vectara.Page{}, err
	}
	for i := range page.Jobs {
		a.returned(&page.Jobs[i], asked, time.Now())
	}
	return page, nil
}

// page returns a page of the list, the newest jobs first. Its key is the ID of the last job on the page before.
func (a *partialAccount) page(query vectara.ListQuery, now time.Time) vectara.Page {
	limit := query.Limit
	if limit < 1 || limit > vectara.MaxPageSize {
		limit = vectara.MaxPageSize
	}
	from := len(a.running)
	if query.PageKey != "" {
		from, _ = slices.BinarySearchFunc(a.running, a.byID[query.PageKey], olderJob)
	}
	var page vectara.Page
	for i := from - 1; i >= 0 && !a.empty; i-- {
		job := a.running[i]
		if !query.CreatedAfter.IsZero() && !job.CreatedAt.After(query.CreatedAfter.Truncate(time.Second)) {
			break
		}
		if a.lost[job.ID] || now.Before(job.CreatedAt.Add(a.lag)) || len(query.States) > 0 && !slices.Contains(query.States, job.State) {
			continue
		}
		if len(page.Jobs) == limit {
			page.NextPageKey = page.Jobs[limit-1].ID
			break
		}
		page.Jobs = append(page.Jobs, job)
	}
	return page
}

// partialResponse waits for as long as a response takes, and returns the error of a request that fails.
func partialResponse(ctx context.Context, operation string, latency time.Duration, fails *partialFailure) error {
	var arrives <-chan time.Time
	if fails == nil || !fails.hangs {
		timer := time.NewTimer(latency)
		defer timer.Stop()
		arrives = timer.C
	}
	select {
	case <-arrives:
		if fails != nil {
			return fails.err(operation)
		}
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return context.Canceled
		}
		return &vectara.TransportError{Operation: operation, Kind: vectara.KindTimeout, Detail: "no response before the deadline"}
	}
}

// partialTokens keeps the access token of a session, as the client does: concurrent requests share a fetch, a token is kept
// while it is valid, and an error is not.
type partialTokens struct {
	account   *partialAccount
	key       string
	onRequest func() // nil if the source does not want to know

	validTo time.Time
	fetch   chan struct{} // closed when the fetch under way is over; nil if there is none
	err     error         // of the last fetch
}

// wait returns once the session has a valid token. A session with an API key needs none.
func (p *partialTokens) wait(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.account.mu.Lock()
	if time.Now().Before(p.validTo) {
		p.account.mu.Unlock()
		return nil
	}
	if p.fetch == nil {
		p.fetch = make(chan struct{})
		go p.run(p.fetch)
	}
	fetch := p.fetch
	p.account.mu.Unlock()
	select {
	case <-fetch:
		p.account.mu.Lock()
		defer p.account.mu.Unlock()
		return p.err
	case <-ctx.Done():
		return partialResponse(ctx, vectara.OperationToken, 0, &partialFailure{hangs: true})
	}
}

// run fetches a token.
func (p *partialTokens) run(over chan struct{}) {
	if p.onRequest != nil {
		p.onRequest()
	}
	a, asked := p.account, time.Now()
	a.mu.Lock()
	a.requests = append(a.requests, madeRequest{at: asked, kind: vectara.OperationToken, key: p.key})
	fails, latency := a.token, a.latency
	a.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := partialResponse(ctx, vectara.OperationToken, latency, fails)
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.err = err; err == nil {
		p.validTo = asked.Add(a.tokenLife)
	}
	p.fetch = nil
	close(over)
}
