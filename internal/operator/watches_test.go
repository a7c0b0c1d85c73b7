// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestFailingWatchesAreMadeKnown(t *testing.T) {
	const (
		jobs    = "https://kubernetes/apis/jobs.vectara.io/v1alpha1/vectarajobs?watch=true"
		here    = "https://kubernetes/api/v1/namespaces/here/secrets?limit=500"
		there   = "https://kubernetes/api/v1/namespaces/there/secrets?limit=500"
		lease   = "https://kubernetes/apis/coordination.k8s.io/v1/namespaces/a/leases/b"
		refused = http.StatusForbidden
		fine    = http.StatusOK
		nothing = 0
	)
	type request struct {
		method, url string
		status      int // nothing means that there is no response
	}
	type failing map[string]time.Duration
	for _, test := range []struct {
		name     string
		requests []request // one every 20 s
		want     failing
		notReady string // in the error; ready if empty
	}{
		{"watches that begin are well", []request{{"GET", jobs, fine}, {"GET", here, fine}}, failing{}, ""},
		{"a watch that is refused fails since its first refusal",
			[]request{{"GET", jobs, refused}, {"GET", jobs, refused}, {"GET", jobs, refused}}, failing{"vectarajobs": 60 * time.Second}, "vectarajobs (last: 403"},
		{"a watch without a response fails too", []request{{"GET", here, nothing}, {"GET", here, nothing}}, failing{"secrets": 40 * time.Second}, "secrets (last: no response)"},
		{"readiness waits for half a minute", []request{{"GET", here, refused}}, failing{"secrets": 20 * time.Second}, ""},
		{"a watch that begins again is well again", []request{{"GET", jobs, refused}, {"GET", jobs, refused}, {"GET", jobs, fine}}, failing{}, ""},
		{"what is watched in one namespace does not hide another",
			[]request{{"GET", here, refused}, {"GET", there, refused}, {"GET", there, fine}}, failing{"secrets": 60 * time.Second}, "secrets (last: 403"},
		{"other requests do not count", []request{{"GET", lease, refused}, {"PATCH", jobs, refused}}, failing{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := time.Unix(1_700_000_000, 0)
			m := newWatchMonitor(func() time.Time { return now })
			for _, r := range test.requests {
				transport := m.wrap(roundTripper(func(*http.Request) (*http.Response, error) {
					if r.status == nothing {
						return nil, errors.New("connection refused")
					}
					return &http.Response{StatusCode: r.status, Status: fmt.Sprint(r.status, " ", http.StatusText(r.status)), Body: http.NoBody}, nil
				}))
				send(t, t.Context(), transport, r.method, r.url)
				now = now.Add(20 * time.Second)
			}
			if got := m.failingFor(); !maps.Equal(got, map[string]time.Duration(test.want)) {
				t.Errorf("Failing are %v, want %v", got, test.want)
			}
			err := m.ready(nil)
			if (err == nil) != (test.notReady == "") || err != nil && !strings.Contains(err.Error(), test.notReady) {
				t.Errorf("Readiness is %v, want %q", err, test.notReady)
			}
		})
	}
}

func TestAWatchThatIsStoppedDoesNotFail(t *testing.T) {
	m := newWatchMonitor(time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	transport := m.wrap(roundTripper(func(*http.Request) (*http.Response, error) { return nil, context.Canceled }))
	send(t, ctx, transport, http.MethodGet, "https://kubernetes/api/v1/secrets")
	if got := m.failingFor(); len(got) > 0 {
		t.Errorf("Failing are %v", got)
	}
}

func send(t *testing.T, ctx context.Context, transport http.RoundTripper, method, url string) { //nolint:revive // t comes first everywhere.
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := transport.RoundTrip(request); err == nil {
		_ = response.Body.Close()
	}
}
