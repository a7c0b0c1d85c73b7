// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestErrorsSayHowLongTheCallMightTake(t *testing.T) {
	for want, timeout := range map[string]time.Duration{
		"within 1s":     time.Millisecond,
		"within 2s":     1500 * time.Millisecond,
		"within 10s":    10 * time.Second,
		"within 1m":     time.Minute,
		"within 1m30s":  90 * time.Second,
		"within 1h":     time.Hour,
		"within 1h0m1s": time.Hour + time.Second,
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				defer cancel()
				<-time.After(100 * time.Microsecond) // The call starts a little later.
				ctx = withTimeoutValue(ctx)
				<-time.After(timeout / 2)
				if got := withinTimeout(ctx); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		})
	}
}

func TestErrorsSayInTimeWhenNobodyKnowsHowLong(t *testing.T) {
	if got := withinTimeout(withTimeoutValue(t.Context())); got != "in time" {
		t.Errorf("got %q, want in time", got)
	}
}
