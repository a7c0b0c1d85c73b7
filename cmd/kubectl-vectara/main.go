// SPDX-License-Identifier: Apache-2.0

// Command kubectl-vectara is the plugin "kubectl vectara".
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := kubectl.Main(ctx, kubectl.NewEnvironment(), os.Args[1:])
	stop()
	os.Exit(code)
}
