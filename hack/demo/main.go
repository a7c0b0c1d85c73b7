// SPDX-License-Identifier: Apache-2.0

// Command demo shows the operator at work to a person who reads along: a real API server, the real manager binary with
// the permissions that config/ gives it, the real kubectl, and a simulated Vectara on loopback. It prints each command
// that it runs, ends within a minute, and leaves nothing behind.
//
// It needs bin/manager and the binaries of a control plane: "make demo" builds both. With KEEP=1 in the environment
// everything goes on running at the end until Ctrl-C. With DOCS=check it fails if the excerpts of its output in README.md
// and docs/troubleshooting.md are stale, and with DOCS=update it updates them.
//
// The exit code is 0 when all went well, 1 when something failed or a check did not hold, and 130 after Ctrl-C or
// SIGTERM. A second Ctrl-C does not wait for the proper end of anything.
package main

import (
	"context"
	"errors"
	"os"
)

func main() {
	out := newPrinter(os.Stdout)
	docs, err := docsWish(os.Getenv("DOCS"))
	if err != nil {
		out.line("demo: %v", err)
		os.Exit(1)
	}
	if docs != "" {
		out.width = func() int { return 0 } // The pages show what a file gets.
	}
	folder, err := newScratch()
	if err != nil {
		out.line("demo: %v", err)
		os.Exit(1)
	}
	ctx, stop := interruptible(
		echoes,
		func() { out.line("\nStopping. (Another Ctrl-C kills everything at once.)") },
		func() {
			killChildren()
			_ = folder.remove() // An error would change nothing.
			os.Exit(exitInterrupted)
		},
	)
	d := &demo{out: out, keep: keepRunning(os.Getenv("KEEP")), docs: docs}
	err = errors.Join(d.run(ctx), folder.remove())
	code := exitCode(ctx, d.lingered, err)
	stop()
	if code == 1 {
		out.line("\n%s", out.styled(red, "demo: "+err.Error()))
	}
	os.Exit(code)
}

// keepRunning reports whether KEEP is set.
func keepRunning(value string) bool { return value != "" && value != "0" && value != "false" }

// exitCode is what the demo says to the process that started it. Ctrl-C is the proper end of a demo that lingers.
func exitCode(ctx context.Context, lingered bool, err error) int {
	switch {
	case errors.Is(context.Cause(ctx), errInterrupted) && !lingered:
		return exitInterrupted
	case err != nil:
		return 1
	default:
		return 0
	}
}
