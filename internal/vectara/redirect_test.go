// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestNothingFollowsARedirect redirects to a second host and to another path of the first, with each status that Go's own client
// follows, and checks what arrives there.
func TestNothingFollowsARedirect(t *testing.T) {
	getJob := func(ctx context.Context, s *Session) error {
		_, err := s.GetJob(ctx, testID)
		return err
	}
	listJobs := func(ctx context.Context, s *Session) error {
		_, err := s.ListJobs(ctx, ListQuery{})
		return err
	}
	for operation, tc := range map[string]struct {
		newSession func(*testing.T, string, ...func(*Options)) *Session
		call       func(context.Context, *Session) error
	}{
		OperationGetJob:   {keySession, getJob},
		OperationListJobs: {keySession, listJobs},
		OperationToken:    {oauthSession, getJob},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(operation, " ", status), func(t *testing.T) {
				var elsewhere recorder
				second := serve(t, func(_ http.ResponseWriter, r *http.Request) { elsewhere.record(r) })
				for _, target := range []string{second.URL + "/v2/jobs/" + testID, "/second"} {
					var seen recorder
					first := serve(t, func(w http.ResponseWriter, r *http.Request) {
						seen.record(r)
						w.Header().Set("Location", target)
						w.WriteHeader(status)
					})
					err := tc.call(within(t), tc.newSession(t, first.URL))

					var got *ResponseError
					if !errors.As(err, &got) || got.StatusCode != status || got.Operation != operation {
						t.Errorf("got error %v, want a ResponseError %d of %q", err, status, operation)
					}
					if seen.count() != 1 {
						t.Errorf("the first host got %d requests", seen.count())
					}
				}
				if elsewhere.count() != 0 {
					request, body := elsewhere.last(t)
					t.Errorf("the second host got x-api-key %q and body %q", request.Header.Get("x-api-key"), body)
				}
			})
		}
	}
}

// TestGoFollowsRedirects keeps the reason for the test above true: with http.Client both secrets travel.
func TestGoFollowsRedirects(t *testing.T) {
	var elsewhere recorder
	second := serve(t, func(_ http.ResponseWriter, r *http.Request) { elsewhere.record(r) })
	first := httptest.NewServer(http.RedirectHandler(second.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	request, err := http.NewRequestWithContext(within(t), http.MethodGet, first.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-api-key", testKey)
	response, err := first.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if got, _ := elsewhere.last(t); got.Header.Get("x-api-key") != testKey {
		t.Error("Go's client has become careful; the transport could be used through it")
	}
}
