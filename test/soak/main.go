// SPDX-License-Identifier: Apache-2.0

// Command soak runs the manager for an hour, with the permissions of config/rbac, on a real API server and etcd and a
// simulated Vectara on loopback, while 10,000 jobs live and end and something goes wrong every half minute. It prints a
// line a minute, holds the operator's promises against everything that it sees, and at the end compares what the manager
// holds on to with the beginning.
//
// It needs Linux, bin/manager and the binaries of a control plane: "make soak" builds both. docs/reliability.md says what
// is checked.
//
// The exit code is 0 when nothing was violated, 1 when something was, 2 when a flag is wrong, and 130 after Ctrl-C or
// SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

// exitInterrupted is what shells make of a SIGINT.
const exitInterrupted = 130

func main() {
	ctrllog.SetLogger(logr.Discard())
	// Whoever starts it with nohup or a trap wants it to go on.
	signals := slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE}, signal.Ignored)
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	o, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errOut, "soak:", err)
		return 2
	}
	if o.draw != "" {
		if err := drawFile(o.draw, o.svg); err != nil {
			fmt.Fprintln(errOut, "soak:", err)
			return 1
		}
		return 0
	}
	report, err := soak(ctx, o, out)
	if report != nil && !report.Began.IsZero() {
		err = errors.Join(err, report.write(o.json))
		if o.svg != "" {
			err = errors.Join(err, os.WriteFile(o.svg, []byte(report.draw()), 0o600))
		}
		report.conclude(out)
	}
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case err != nil:
		fmt.Fprintln(errOut, "soak:", err)
		return 1
	case report == nil || len(report.Violations) > 0:
		return 1
	default:
		return 0
	}
}
