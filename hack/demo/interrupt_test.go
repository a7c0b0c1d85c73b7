// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestFirstSignalEndsTheContextAndTheSecondDoesNotWait(t *testing.T) {
	first, second := make(chan struct{}), make(chan struct{})
	ctx, stop := interruptible(0, func() { close(first) }, func() { close(second) })
	defer stop()

	signalMyself(t, syscall.SIGINT)
	await(t, "the first reaction", first)
	await(t, "the end of the context", ctx.Done())
	if cause := context.Cause(ctx); !errors.Is(cause, errInterrupted) {
		t.Errorf("the context ended because of %v", cause)
	}
	signalMyself(t, syscall.SIGTERM)
	await(t, "the second reaction", second)
}

func TestWhenNobodyReadsOnTheContextEnds(t *testing.T) {
	ctx, stop := interruptible(0, func() { t.Error("nobody would read this") }, func() {})
	defer stop()
	signalMyself(t, syscall.SIGPIPE)
	await(t, "the end of the context", ctx.Done())
}

func TestExitCode(t *testing.T) {
	ended, end := context.WithCancelCause(t.Context())
	end(errInterrupted)
	for name, test := range map[string]struct {
		ctx      context.Context
		lingered bool
		err      error
		want     int
	}{
		"all went well":                                {ctx: t.Context(), want: 0},
		"something failed":                             {ctx: t.Context(), err: errors.New("x"), want: 1},
		"somebody pressed Ctrl-C":                      {ctx: ended, want: 130},
		"somebody ended a demo that waited for that":   {ctx: ended, lingered: true, want: 0},
		"a demo that waited for its end did not do so": {ctx: ended, lingered: true, err: errors.New("x"), want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(test.ctx, test.lingered, test.err); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func signalMyself(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), signal); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s did not come", what)
	}
}
