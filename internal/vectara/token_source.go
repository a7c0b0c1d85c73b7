// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// When access tokens are renewed.
const (
	// maxTokenLife is how long a token is used at most, and how long if its endpoint does not say.
	maxTokenLife = time.Hour
	// minTokenUse keeps a token that hardly lives from costing a fetch per request.
	minTokenUse = time.Second
	// tokenFetchTimeout bounds a fetch, which does not end with the caller that caused it.
	tokenFetchTimeout = 30 * time.Second
	// tokenPause is the least time between two fetches that were not caused by a token's age running out: after
	// a 401, or early and in vain.
	tokenPause = 5 * time.Second
	// minTokenBackOff and maxTokenBackOff bound how long a failed fetch is not repeated. It doubles with each failure
	// in a row. The most is short, so that callers that back off themselves find out soon when fetches work again.
	minTokenBackOff = time.Second
	maxTokenBackOff = 5 * time.Second
)

// accessToken is a token and when it has to be replaced. The zero value has run out.
type accessToken struct {
	value string
	// early is when a new token is fetched while this one still serves; end is when it no longer does.
	early, end time.Time
}

// newAccessToken computes the times of a token that was requested at a time and lives so long; 0
// means that its endpoint did not say how long.
func newAccessToken(value string, requested time.Time, life time.Duration) accessToken {
	if life == 0 {
		life = maxTokenLife
	}
	life = max(minTokenUse, min(life, maxTokenLife))
	return accessToken{
		value: value,
		early: requested.Add(max(life*9/10, minTokenUse)),
		end:   requested.Add(life),
	}
}

// tokenSource keeps one access token for all requests of a session.
type tokenSource struct {
	// host is that of the token endpoint, for errors.
	host  string
	fetch func(context.Context) (accessToken, error)
	now   func() time.Time

	flight singleflight.Group

	mu      sync.Mutex
	current accessToken
	// notBefore is when the next fetch may be made that a token's age does not make necessary.
	notBefore time.Time
	// failure is the error of the last fetch, nil if it returned a token. Until retryAt it stands for all fetches.
	failure error
	retryAt time.Time
	backOff time.Duration
}

// token gives a token that has not run out. One that is about to is replaced in the background,
// so that a slow or failing token endpoint costs nothing for as long as the token serves.
func (s *tokenSource) token(ctx context.Context) (string, error) {
	s.mu.Lock()
	now, current := s.now(), s.current
	renew := !now.Before(current.early) && !now.Before(s.notBefore)
	s.mu.Unlock()

	switch {
	case !now.Before(current.end):
		return s.wait(ctx, s.renewal(ctx))
	case renew:
		s.renewal(ctx)
	}
	return current.value, nil
}

// replace gives another token in place of one that the API refused, or "" if there is none to be had for now.
func (s *tokenSource) replace(ctx context.Context, refused string) (string, error) {
	if !s.drop(refused) {
		return "", nil
	}
	token, err := s.token(ctx)
	if token == refused {
		return "", err
	}
	return token, err
}

// drop forgets the refused token, unless another one took its place already. It reports whether it is worth requesting
// another token.
func (s *tokenSource) drop(refused string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.value != refused {
		return true
	}
	now := s.now()
	if now.Before(s.notBefore) {
		return false
	}
	s.current = accessToken{}
	s.notBefore = now.Add(tokenPause)
	return true
}

// renewal joins the fetch that is under way, or starts one. The fetch lives on when the caller
// leaves: others may wait for it.
func (s *tokenSource) renewal(ctx context.Context) <-chan singleflight.Result {
	return s.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenFetchTimeout)
		defer cancel()
		return s.renew(withTimeoutValue(ctx))
	})
}

// renew fetches a token and keeps it, unless a fetch that ended a moment ago returned one or failed.
func (s *tokenSource) renew(ctx context.Context) (string, error) {
	s.mu.Lock()
	now, current, failure, retryAt := s.now(), s.current, s.failure, s.retryAt
	s.mu.Unlock()
	switch {
	case now.Before(current.early):
		return current.value, nil
	case failure != nil && now.Before(retryAt):
		return "", failure
	}
	fetched, err := s.fetch(ctx)

	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		now = s.now()
		s.notBefore = now.Add(tokenPause)
		s.backOff = max(minTokenBackOff, min(2*s.backOff, maxTokenBackOff))
		s.failure, s.retryAt = err, now.Add(s.backOff)
		return "", err
	}
	s.failure, s.backOff = nil, 0
	s.current = fetched
	return fetched.value, nil
}

// wait waits for a renewal for as long as the caller's context lets it.
func (s *tokenSource) wait(ctx context.Context, renewal <-chan singleflight.Result) (string, error) {
	select {
	case result := <-renewal:
		token, _ := result.Val.(string)
		return token, result.Err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return "", context.Canceled
		}
		return "", &TransportError{
			Operation: OperationToken,
			Kind:      KindTimeout,
			Detail:    "no access token from " + s.host + " " + withinTimeout(ctx),
			Err:       ctx.Err(),
		}
	}
}
