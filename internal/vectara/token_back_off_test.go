// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailedFetchesAreRepeatedLessAndLessOften(t *testing.T) {
	for name, failure := range map[string]error{
		"an outage": &APIError{Operation: OperationToken, StatusCode: 503},
		"a refusal": &AuthError{StatusCode: 401, Code: "invalid_client"},
		"a break":   &TransportError{Operation: OperationToken, Kind: KindReset},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := &fakeEndpoint{err: failure}
			inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
				var fetches []time.Duration
				began := time.Now()
				for time.Since(began) <= 20*time.Second {
					before := endpoint.count()
					// As many callers as a busy session has.
					var callers sync.WaitGroup
					for range 10 {
						callers.Go(func() {
							if _, err := source.token(t.Context()); err != failure {
								t.Errorf("got error %v, want the very one of the last fetch", err)
							}
						})
					}
					callers.Wait()
					for range endpoint.count() - before {
						fetches = append(fetches, time.Since(began))
					}
					<-time.After(100 * time.Millisecond)
				}
				second := time.Second
				if want := []time.Duration{0, second, 3 * second, 7 * second, 12 * second, 17 * second}; !slices.Equal(fetches, want) {
					t.Errorf("fetches after %v, want %v", fetches, want)
				}
			})
		})
	}
}

// TestBackOffNeverKeepsAProbeOfABreakerFromTheEndpoint is about callers who back off themselves.
func TestBackOffNeverKeepsAProbeOfABreakerFromTheEndpoint(t *testing.T) {
	endpoint := &fakeEndpoint{err: errors.New("down")}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		_, _ = source.token(t.Context())
		for probes, wait := 1, 2*time.Second; wait <= time.Minute; probes, wait = probes+1, 2*wait {
			<-time.After(wait)
			if _, err := source.token(t.Context()); err == nil || endpoint.count() != 1+probes {
				t.Errorf("after %d probes: %d fetches and error %v", probes, endpoint.count(), err)
			}
		}
		endpoint.fail(nil)
		<-time.After(maxTokenBackOff)
		synctest.Wait()
		wantToken(t, source, "token-7")
	})
}

func TestBackOffStartsAnewAfterASuccess(t *testing.T) {
	endpoint := &fakeEndpoint{err: errors.New("down"), life: 100 * time.Second}
	inBubble(t, endpoint, func(t *testing.T, source *tokenSource) {
		for range 4 {
			_, _ = source.token(t.Context())
			<-time.After(maxTokenBackOff)
		}
		endpoint.fail(nil)
		wantToken(t, source, "token-5")
		<-time.After(100 * time.Second)
		endpoint.fail(errors.New("down again"))
		if token, err := source.token(t.Context()); err == nil {
			t.Errorf("got token %q, want an error", token)
		}
		endpoint.fail(nil)
		<-time.After(minTokenBackOff)
		wantToken(t, source, "token-7")
	})
}
