// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// apiDeadline is by when a request to the API server has its response, and a watch its header. The API server itself gives up
// after a minute; what is between it and the operator may not.
const apiDeadline = 30 * time.Second

// withDeadline is a transport that gives up on requests to the API server that hang, so that none holds up a worker for ever.
// Its use is that of a rest.Config's WrapTransport.
func withDeadline(next http.RoundTripper) http.RoundTripper { return deadlineTransport{next} }

type deadlineTransport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t deadlineTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	timer := time.AfterFunc(apiDeadline, func() {
		cancel(fmt.Errorf("the API server did not respond within %v: %w", apiDeadline, context.DeadlineExceeded))
	})
	response, err := t.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		timer.Stop()
		if request.Context().Err() == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		cancel(nil)
		return nil, err
	}
	if request.URL.Query().Get("watch") != "" {
		timer.Stop() // Events come for as long as the watch lasts.
	}
	response.Body = &deadlineBody{ReadCloser: response.Body, done: func() { timer.Stop(); cancel(nil) }}
	return response, nil
}

// WrappedRoundTripper lets client-go find what it wraps.
func (t deadlineTransport) WrappedRoundTripper() http.RoundTripper { return t.next }

// deadlineBody is a body within the deadline.
type deadlineBody struct {
	io.ReadCloser

	done func()
}

// Close implements io.Closer.
func (b *deadlineBody) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}
