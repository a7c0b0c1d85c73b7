// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// errInterrupted is why a context ended that a person ended.
var errInterrupted = errors.New("interrupted")

// echoes is for how long after the first signal others count as the same one: whoever sends a signal to a process group
// and to its members, as timeout does, means one.
const echoes = 300 * time.Millisecond

// exitInterrupted is what shells make of a SIGINT.
const exitInterrupted = 130

// interruptible returns a context that the first Ctrl-C, SIGTERM or end of the terminal ends. It calls first then, and
// second at the next one, unless that is an echo, which comes within a time of the first. When nobody reads the output any
// more, as after "| head", that ends the context too. The signals are left alone again after stop.
func interruptible(echo time.Duration, first, second func()) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals, unread := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Notify(unread, syscall.SIGPIPE)
	stopped := make(chan struct{})
	go func() {
		select {
		case <-unread:
			cancel(errInterrupted)
		case <-stopped:
		}
	}()
	next := func() bool {
		select {
		case <-signals:
			return true
		case <-stopped:
			return false
		}
	}
	go func() {
		if !next() {
			return
		}
		began := time.Now()
		first()
		cancel(errInterrupted)
		for next() {
			if time.Since(began) >= echo {
				second()
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(stopped)
		cancel(nil)
	}
}
