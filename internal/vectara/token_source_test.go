// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeEndpoint gives out token-1, token-2, and so on.
type fakeEndpoint struct {
	mu      sync.Mutex
	fetches int
	life    time.Duration
	delay   time.Duration
	err     error
}

func (e *fakeEndpoint) fetch(ctx context.Context) (accessToken, error) {
	e.mu.Lock()
	e.fetches++
	count, err, requested := e.fetches, e.err, time.Now()
	e.mu.Unlock()
	select {
	case <-time.After(e.delay):
	case <-ctx.Done():
		return accessToken{}, ctx.Err()
	}
	if err != nil {
		return accessToken{}, err
	}
	return newAccessToken(fmt.Sprint("token-", count), requested, e.life), nil
}

func (e *fakeEndpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fetches
}

func (e *fakeEndpoint) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

// inBubble runs a test in a synctest bubble. There time.Sleep takes no time: it steps the clock once all else waits.
func inBubble(t *testing.T, endpoint *fakeEndpoint, test func(*testing.T, *tokenSource)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, &tokenSource{host: "auth.example", now: time.Now, fetch: endpoint.fetch})
	})
}

func wantToken(t *testing.T, source *tokenSource, want string) {
	t.Helper()
	got, err := source.token(t.Context())
	if got != want || err != nil {
		t.Errorf("got token %q and error %v, want %q", got, err, want)
	}
	synctest.Wait() // A renewal in the background is to be over before the next step.
}

func TestTokenLives(t *testing.T) {
	requested := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cases := map[string]struct{ life, early, end time.Duration }{
		"half an hour":          {30 * time.Minute, 27 * time.Minute, 30 * time.Minute},
		"an hour":               {time.Hour, 54 * time.Minute, time.Hour},
		"not said":              {0, 54 * time.Minute, time.Hour},
		"longer than an hour":   {30 * 24 * time.Hour, 54 * time.Minute, time.Hour},
		"a second":              {time.Second, time.Second, time.Second},
		"less than a second":    {time.Millisecond, time.Second, time.Second},
		"hardly above a second": {1100 * time.Millisecond, time.Second, 1100 * time.Millisecond},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := newAccessToken("t", requested, tc.life)
			if got.early.Sub(requested) != tc.early || got.end.Sub(requested) != tc.end {
				t.Errorf("got %v and %v, want %v and %v", got.early.Sub(requested), got.end.Sub(requested), tc.early, tc.end)
			}
		})
	}
}

func TestTokenIsRenewedEarlyAndInTheBackground(t *testing.T) {
	endpoint := &fakeEndpoint{life: 100 * time.Second}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		wantToken(t, source, "token-1")
		time.Sleep(89 * time.Second)
		wantToken(t, source, "token-1")
		if got := endpoint.count(); got != 1 {
			t.Fatalf("%d fetches before nine tenths of the life, want 1", got)
		}
		time.Sleep(time.Second)
		wantToken(t, source, "token-1") // It starts the renewal and need not wait for it.
		wantToken(t, source, "token-2")
		if got := endpoint.count(); got != 2 {
			t.Errorf("%d fetches, want 2", got)
		}
	})
}

func TestTokenServesToItsEndWhileTheEndpointFails(t *testing.T) {
	endpoint := &fakeEndpoint{life: 100 * time.Second}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		wantToken(t, source, "token-1")
		endpoint.fail(errors.New("down"))
		time.Sleep(90 * time.Second)
		for range 9 {
			wantToken(t, source, "token-1")
			time.Sleep(time.Second)
		}
		if got := endpoint.count(); got != 3 {
			t.Errorf("%d fetches, want the first and one in 5 s", got)
		}
		time.Sleep(time.Second)
		if got, err := source.token(t.Context()); err == nil {
			t.Errorf("got token %q after its end, want the endpoint's error", got)
		}
		endpoint.fail(nil)
		time.Sleep(4 * time.Second)
		wantToken(t, source, "token-5")
	})
}

func TestTokenThatRanOutIsWaitedFor(t *testing.T) {
	endpoint := &fakeEndpoint{life: 100 * time.Second, delay: 3 * time.Second}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		wantToken(t, source, "token-1")
		time.Sleep(100 * time.Second)
		wantToken(t, source, "token-2")
	})
}

func TestManyCallersShareAFetch(t *testing.T) {
	endpoint := &fakeEndpoint{delay: time.Second}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				if got, err := source.token(t.Context()); got != "token-1" || err != nil {
					t.Errorf("got token %q and error %v", got, err)
				}
			})
		}
		callers.Wait()
		if got := endpoint.count(); got != 1 {
			t.Errorf("%d fetches, want 1", got)
		}
	})
}

func TestRenewalThatComesLateFetchesNothing(t *testing.T) {
	endpoint := &fakeEndpoint{}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		wantToken(t, source, "token-1")
		// Its caller saw no token, and got here when the fetch that returned one was over.
		if got, err := source.renew(t.Context()); got != "token-1" || err != nil {
			t.Errorf("got token %q and error %v", got, err)
		}
		if got := endpoint.count(); got != 1 {
			t.Errorf("%d fetches, want 1", got)
		}
	})
}

func TestFetchOutlivesTheCallerThatCausedIt(t *testing.T) {
	endpoint := &fakeEndpoint{delay: 10 * time.Second}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		started := time.Now()
		hasty, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := source.token(hasty)
			left <- err
		}()
		synctest.Wait()
		patient := make(chan string, 1)
		go func() {
			token, _ := source.token(t.Context())
			patient <- token
		}()
		synctest.Wait()

		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that left got %v, want context.Canceled", err)
		}
		if waited := time.Since(started); waited != 0 {
			t.Errorf("the caller that left waited %v", waited)
		}
		if token := <-patient; token != "token-1" {
			t.Errorf("the other got token %q", token)
		}
		if got := endpoint.count(); got != 1 {
			t.Errorf("%d fetches, want 1", got)
		}
	})
}

func TestWaitForATokenEndsWithTheDeadline(t *testing.T) {
	endpoint := &fakeEndpoint{delay: 10 * time.Second}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := source.token(withTimeoutValue(ctx))
		got := wantTransportError(t, err, KindTimeout, "no access token from auth.example within 1s")
		if got.Operation != OperationToken || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %+v", got)
		}
		time.Sleep(10 * time.Second)
		wantToken(t, source, "token-1")
	})
}

func TestFetchHasATimeoutOfItsOwn(t *testing.T) {
	endpoint := &fakeEndpoint{delay: time.Hour}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		started := time.Now()
		if _, err := source.token(t.Context()); err == nil {
			t.Error("no error")
		}
		if took := time.Since(started); took != tokenFetchTimeout {
			t.Errorf("the fetch took %v, want %v", took, tokenFetchTimeout)
		}
	})
}

func TestTokenRefusedByManyIsReplacedOnce(t *testing.T) {
	endpoint := &fakeEndpoint{delay: time.Second}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		wantToken(t, source, "token-1")
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				if got, err := source.replace(t.Context(), "token-1"); got != "token-2" || err != nil {
					t.Errorf("got token %q and error %v", got, err)
				}
			})
		}
		callers.Wait()
		if got, err := source.replace(t.Context(), "token-1"); got != "token-2" || err != nil {
			t.Errorf("one who comes late got token %q and error %v", got, err)
		}
		if got := endpoint.count(); got != 2 {
			t.Errorf("%d fetches, want 2", got)
		}
	})
}

func TestTokensRefusedInARowAreReplacedAfterAPause(t *testing.T) {
	endpoint := &fakeEndpoint{}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		wantToken(t, source, "token-1")
		steps := []struct {
			wait          time.Duration
			refused, want string
		}{
			{0, "token-1", "token-2"},
			{0, "token-2", ""},
			{4 * time.Second, "token-2", ""},
			{time.Second, "token-2", "token-3"},
		}
		for _, step := range steps {
			time.Sleep(step.wait)
			got, err := source.replace(t.Context(), step.refused)
			if got != step.want || err != nil {
				t.Errorf("%s: got %q and error %v, want %q", step.refused, got, err, step.want)
			}
		}
	})
}

func TestEndpointThatGivesTheRefusedTokenAgainHasNoReplacement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &tokenSource{now: time.Now, fetch: func(context.Context) (accessToken, error) {
			return newAccessToken("same", time.Now(), 0), nil
		}}
		wantToken(t, source, "same")
		if got, err := source.replace(t.Context(), "same"); got != "" || err != nil {
			t.Errorf("got %q and error %v, want nothing", got, err)
		}
	})
}
