// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// demo is what runs, and what was seen so far.
type demo struct {
	out  *printer
	keep bool
	docs string // what is to become of the excerpts in the documentation

	jobs    []shownJob
	cluster *harness.ControlPlane
	vectara *simulator.Server
	manager *harness.Manager

	applied time.Time
	// callsAtEnd is how many calls had been made about a job when kubectl showed the end of its story, by name.
	callsAtEnd map[string]int
	settled    time.Time // when kubectl had shown the end of every story
	excerpts   map[string][]excerpt
	lingered   bool
}

// run plays all parts, and stops everything however that went.
func (d *demo) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := d.play(ctx, cancel)
	// What ended the context says more than what that led to.
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	switch {
	case errors.Is(err, errInterrupted):
		err = nil
	case d.lingered && errors.Is(err, errManagerEnded):
		// Somebody took its permissions or its CRDs away, as the demo itself suggests.
		d.out.line("\nThe manager has ended, and so does the demo.")
		err = nil
	}
	if err != nil && !errors.Is(err, errStale) {
		d.lastWords()
	}
	return errors.Join(err, d.stop())
}

// play plays the parts one after the other. A manager that ends too early is given to fail.
func (d *demo) play(ctx context.Context, fail context.CancelCauseFunc) error {
	d.out.line("This demo runs the Vectara job operator on a real Kubernetes API server, against a simulated Vectara.")
	d.out.line("You will see five background jobs live through their states as kubectl shows them. It takes about 40 s.")
	var err error
	if d.jobs, err = shownJobs(); err != nil {
		return err
	}
	parts := []struct {
		title string
		play  func(context.Context) error
	}{
		{"Start an API server, and a simulated Vectara", d.start},
		{"Install the operator, and run it", func(ctx context.Context) error { return d.install(ctx, fail) }},
		{"Apply five VectaraJobs, and a Secret with the API key", d.apply},
		{"Watch them", d.watch},
		{"See what Kubernetes knows now", d.inspect},
		{"Read the life of one job", d.showLife},
		{"Check what it took", d.check},
	}
	for i, part := range parts {
		d.out.heading("%d/%d %s", i+1, len(parts), part.title)
		if err := part.play(ctx); err != nil {
			return err
		}
	}
	if err := d.settleDocs(); err != nil {
		return err
	}
	if d.keep {
		return d.linger(ctx)
	}
	return nil
}

// kubectl shows a kubectl command, runs it, and shows what it printed.
func (d *demo) kubectl(ctx context.Context, arguments ...string) error {
	d.out.command(kubectlLine(arguments))
	output, err := d.cluster.Kubectl(ctx, arguments...)
	d.out.block(output)
	return err
}

func kubectlLine(arguments []string) []string { return append([]string{"kubectl"}, arguments...) }

// logTail is how many lines of the manager's log are shown when something failed.
const logTail = 15

// lastWords shows the end of the manager's log, if there is one.
func (d *demo) lastWords() {
	if d.manager == nil {
		return
	}
	lines := strings.Split(strings.TrimSpace(d.manager.Output()), "\n")
	d.out.heading("The last lines of the manager's log")
	d.out.block(strings.Join(lines[max(0, len(lines)-logTail):], "\n"))
}

// taken is a duration as a reader likes it.
func taken(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
