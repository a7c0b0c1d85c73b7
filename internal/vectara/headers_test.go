// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// calls are the operations, each by the session that makes it.
var calls = map[string]func(context.Context, *Client) error{
	OperationGetJob: func(ctx context.Context, c *Client) error {
		_, err := c.NewSession(Credentials{APIKey: testKey}, nil).GetJob(ctx, testID)
		return err
	},
	OperationListJobs: func(ctx context.Context, c *Client) error {
		_, err := c.NewSession(Credentials{APIKey: testKey}, nil).ListJobs(ctx, ListQuery{})
		return err
	},
	OperationToken: func(ctx context.Context, c *Client) error {
		_, err := c.NewSession(Credentials{ClientID: "app", ClientSecret: testSecret}, nil).GetJob(ctx, testID)
		return err
	},
}

func TestHeadersThatAreTooLargeAreAnInvalidResponse(t *testing.T) {
	many := func(w http.ResponseWriter, _ *http.Request) {
		for i := range 2000 {
			w.Header().Set(fmt.Sprint("X-Header-", i), strings.Repeat("x", 1000))
		}
	}
	handlers := map[string]http.HandlerFunc{
		"one header of 128 KiB":   responding(http.StatusOK, jobBody(), "X-Long", strings.Repeat("x", 128<<10)),
		"two megabytes of many":   many,
		"headers of an error":     responding(http.StatusBadGateway, "", "X-Long", strings.Repeat("x", 128<<10)),
		"a header with our key":   responding(http.StatusOK, jobBody(), "X-Long", strings.Repeat(testKey, 8<<10)),
		"headers of a redirect":   responding(http.StatusFound, "", "Location", "/"+strings.Repeat("x", 128<<10)),
		"a header without a body": responding(http.StatusNoContent, "", "X-Long", strings.Repeat("x", 128<<10)),
	}
	for name, handler := range handlers {
		for operation, call := range calls {
			t.Run(name+", "+operation, func(t *testing.T) {
				plain, secure := serve(t, handler), serveHTTP2(t, handler)
				for proto, client := range map[string]*Client{
					"HTTP/1.1": clientFor(t, plain.URL), "HTTP/2": clientFor(t, secure.URL, trust(secure)),
				} {
					err := call(within(t), client)
					var got *ResponseError
					if !errors.As(err, &got) || got.Operation != operation || got.StatusCode != 0 {
						t.Errorf("over %s got error %#v, want a ResponseError of %q", proto, err, operation)
					}
					if err != nil && !strings.HasPrefix(err.Error(), operation+": the response headers are too large") {
						t.Errorf("over %s the error says %q", proto, err)
					}
				}
			})
		}
	}
}
