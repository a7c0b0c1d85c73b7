// SPDX-License-Identifier: Apache-2.0

// Command faults runs the manager under faults and checks that nothing is lost and nothing leaks: see the package's
// documentation.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vectara-job-operator/vectara-job-operator/test/faults"
)

func main() {
	ctrllog.SetLogger(logr.Discard())
	// Not SIGPIPE: the proxies write into connections that are broken on purpose.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx)
	stop()
	os.Exit(code)
}

func run(ctx context.Context) int {
	options, err := faults.ParseOptions(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	failed := 0
	if err == nil {
		failed, err = faults.Run(ctx, options, os.Stdout)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "faults:", err)
		return 2
	case failed > 0:
		return 1
	default:
		return 0
	}
}
