// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// roundTrips collects the calls of OnRoundTrip.
type roundTrips struct {
	mu   sync.Mutex
	seen []RoundTrip
}

func (e *roundTrips) add(roundTrip RoundTrip) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, roundTrip)
}

// withoutDurations are the round trips without the times that they took.
func (e *roundTrips) withoutDurations() []RoundTrip {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := slices.Clone(e.seen)
	for i := range seen {
		seen[i].Duration = 0
	}
	return seen
}

func TestOnRoundTripIsCalledAfterEveryRoundTrip(t *testing.T) {
	const id = "job_a"
	for name, test := range map[string]struct {
		credentials Credentials
		handler     http.HandlerFunc
		list        bool
		want        []RoundTrip
	}{
		"a job that was found": {
			handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"id":"job_a"}`) },
			want:    []RoundTrip{{Operation: OperationGetJob, StatusCode: 200}},
		},
		"a page": {
			handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"jobs":[]}`) },
			list:    true,
			want:    []RoundTrip{{Operation: OperationListJobs, StatusCode: 200}},
		},
		"a refusal": {
			handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
			want:    []RoundTrip{{Operation: OperationGetJob, StatusCode: 403}},
		},
		"a redirect, which is not followed": {
			handler: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
			want:    []RoundTrip{{Operation: OperationGetJob, StatusCode: 302}},
		},
		"a body that ends too early": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100")
				io.WriteString(w, `{"id":`)
			},
			want: []RoundTrip{{Operation: OperationGetJob, StatusCode: 200}},
		},
		"a connection that breaks before the response": {
			handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			want:    []RoundTrip{{Operation: OperationGetJob, StatusCode: 0}},
		},
		"an access token, and the call that it is for": {
			credentials: Credentials{ClientID: "a-client", ClientSecret: "not-a-real-secret"},
			handler: func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					w.Header().Set("Content-Type", "application/json")
					io.WriteString(w, `{"access_token":"token","token_type":"Bearer","expires_in":1800}`)
					return
				}
				io.WriteString(w, `{"id":"job_a"}`)
			},
			want: []RoundTrip{{Operation: OperationToken, StatusCode: 200}, {Operation: OperationGetJob, StatusCode: 200}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.handler)
			defer server.Close()
			var recorded roundTrips
			client, err := NewClient(Options{Endpoint: server.URL, TokenURL: server.URL, AllowInsecure: true, OnRoundTrip: recorded.add})
			if err != nil {
				t.Fatal(err)
			}
			credentials := test.credentials
			if credentials == (Credentials{}) {
				credentials = Credentials{APIKey: "zqt_not-a-real-key"}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if test.list {
				_, _ = client.NewSession(credentials, nil).ListJobs(ctx, ListQuery{})
			} else {
				_, _ = client.NewSession(credentials, nil).GetJob(ctx, id)
			}
			if got := recorded.withoutDurations(); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			for _, roundTrip := range recorded.seen {
				if roundTrip.Duration <= 0 {
					t.Errorf("%s took %v, want more than nothing", roundTrip.Operation, roundTrip.Duration)
				}
			}
		})
	}
}

func TestOnRoundTripIsNotToldOfACallThatWasGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	var recorded roundTrips
	client, err := NewClient(Options{Endpoint: server.URL, TokenURL: server.URL, AllowInsecure: true, OnRoundTrip: recorded.add})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = client.NewSession(Credentials{APIKey: "zqt_not-a-real-key"}, nil).GetJob(ctx, "job_a")
	if got := recorded.withoutDurations(); len(got) > 0 {
		t.Errorf("got %v, want nothing", got)
	}
}
