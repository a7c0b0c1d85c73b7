// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"strings"
	"time"
)

// timeoutKey is the key of a context's value that says how long the whole call may take.
type timeoutKey struct{}

// withTimeoutValue keeps the time that is left at the start of a call. Measured later, it would differ from call to
// call, and error messages with it.
func withTimeoutValue(ctx context.Context) context.Context {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx
	}
	return context.WithValue(ctx, timeoutKey{}, time.Until(deadline))
}

// withinTimeout ends a sentence, such as "within 10s". A part of a second counts as a whole one: some time always
// passes between the caller's context and the start of the call.
func withinTimeout(ctx context.Context) string {
	timeout, ok := ctx.Value(timeoutKey{}).(time.Duration)
	if !ok {
		return "in time"
	}
	seconds := max((timeout + time.Second - 1).Truncate(time.Second), time.Second)
	text := seconds.String()
	for _, zero := range []struct{ long, short string }{{"m0s", "m"}, {"h0m", "h"}} {
		if strings.HasSuffix(text, zero.long) {
			text = strings.TrimSuffix(text, zero.long) + zero.short
		}
	}
	return "within " + text
}
