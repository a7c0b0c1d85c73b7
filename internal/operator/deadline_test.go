// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fakeAPI is an API server that takes its time for the header of a response, and for its body.
type fakeAPI struct{ header, body time.Duration }

func (f fakeAPI) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := pause(request.Context(), f.header); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(slowBody{request.Context(), f.body})}, nil
}

type slowBody struct {
	ctx  context.Context //nolint:containedctx // As in net/http, a body ends with its request.
	last time.Duration
}

func (b slowBody) Read([]byte) (int, error) {
	if err := pause(b.ctx, b.last); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestRequestsToTheAPIServerEnd(t *testing.T) {
	const object, watch = "https://api/apis/jobs.vectara.io/v1alpha1/vectarajobs", "https://api/api/v1/secrets?watch=true"
	for name, test := range map[string]struct {
		url   string
		api   fakeAPI
		fails bool
		took  time.Duration
	}{
		"a request that is answered is left alone":         {object, fakeAPI{header: 20 * time.Second}, false, 20 * time.Second},
		"a request that hangs ends by the deadline":        {object, fakeAPI{header: time.Hour}, true, apiDeadline},
		"a body that hangs ends by the deadline":           {object, fakeAPI{header: time.Second, body: time.Hour}, true, apiDeadline},
		"a watch lasts longer than the deadline":           {watch, fakeAPI{header: time.Second, body: time.Hour}, false, time.Hour + time.Second},
		"a watch that does not begin ends by the deadline": {watch, fakeAPI{header: time.Hour}, true, apiDeadline},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.url, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				response, err := withDeadline(test.api).RoundTrip(request)
				if err == nil {
					_, err = io.Copy(io.Discard, response.Body)
					if closeErr := response.Body.Close(); closeErr != nil {
						t.Error(closeErr)
					}
				}
				if (err != nil) != test.fails || time.Since(began) != test.took {
					t.Errorf("it ended after %v with %v, want %v, failed: %t", time.Since(began), err, test.took, test.fails)
				}
			})
		})
	}
}

func TestRequestThatHangsSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api/api/v1/secrets", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := withDeadline(fakeAPI{header: time.Hour}).RoundTrip(request)
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "did not respond within 30s") {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestCallerThatGivesUpIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api/api/v1/secrets", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := withDeadline(fakeAPI{header: time.Hour}).RoundTrip(request)
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want that of the caller's context", err)
	}
}
