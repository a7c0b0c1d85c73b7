// SPDX-License-Identifier: Apache-2.0

// Command bench measures the operator: the real manager binary as a process of its own, a real API server and etcd, and a
// simulated Vectara on loopback that takes 20 ms for each response. It prints one table and writes the same as JSON.
//
// It needs Linux, bin/manager and the binaries of a control plane: "make bench" builds both. docs/performance.md says
// what each figure means.
//
// The exit code is 0 when everything was measured, whether or not the targets were met; 1 when something could not be
// measured, 2 when a flag is wrong, and 130 after Ctrl-C or SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

// exitInterrupted is what shells make of a SIGINT.
const exitInterrupted = 130

func main() {
	ctrllog.SetLogger(logr.Discard())
	// SIGPIPE: when nobody reads the output any more, as after "| head", children are still to be stopped.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	options, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errOut, "bench:", err)
		return 2
	}
	said := &progress{out: out}
	silence := context.AfterFunc(ctx, func() { said.say("stopping") })
	defer silence()

	outcome, err := measure(ctx, options, said)
	if outcome != nil && len(outcome.Figures)+len(outcome.Failures) > 0 {
		fmt.Fprintf(out, "\n%s\n", outcome.markdown())
		err = errors.Join(err, outcome.write(options.json), outcome.failed())
	}
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case err != nil:
		fmt.Fprintln(errOut, "bench:", err)
		return 1
	default:
		return 0
	}
}
