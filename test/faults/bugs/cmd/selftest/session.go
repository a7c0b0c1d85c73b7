// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vectara-job-operator/vectara-job-operator/test/faults"
	"github.com/vectara-job-operator/vectara-job-operator/test/faults/bugs"
)

// session is one self-test.
type session struct {
	repository string
	folder     string // for what is built
	parallel   int

	mu  sync.Mutex
	out io.Writer

	world   *faults.World
	manager string // without a bug
}

func (s *session) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, format+"\n", args...)
}

// prepare builds the manager without a bug, and starts the control plane that all runs share.
func (s *session) prepare(ctx context.Context) error {
	s.say("building the manager")
	s.manager = filepath.Join(s.folder, "manager")
	if err := bugs.GoBuild(ctx, s.repository, s.manager); err != nil {
		return err
	}
	var err error
	s.world, err = faults.NewWorld(ctx, s.manager)
	return err
}

// live runs a life.
func (s *session) live(ctx context.Context, manager string, run bugs.Run) ([]faults.Violation, error) {
	record, err := s.world.WithManager(manager).Live(ctx, run.Scene, run.Plan)
	if err != nil {
		return nil, err
	}
	for _, fault := range run.Plan {
		if !record.Hit(fault) {
			return nil, fmt.Errorf("%q proves nothing: its fault %s hit no request", run, fault)
		}
	}
	return faults.Check(record), nil
}

// checkSound runs what the bugs are tried with against the manager without a bug. It returns how many runs do not pass.
func (s *session) checkSound(ctx context.Context, chosen []bugs.SeededBug) (failed int) {
	runs, limits := map[string]bugs.Run{}, map[string]time.Duration{}
	for _, bug := range chosen {
		for _, run := range bug.Runs {
			runs[run.String()], limits[run.String()] = run, max(limits[run.String()], bug.Limit)
		}
	}
	var group errgroup.Group
	group.SetLimit(s.parallel)
	var mu sync.Mutex
	for _, name := range slices.Sorted(maps.Keys(runs)) {
		group.Go(func() error {
			err := bugs.Live(s.live).Sound(ctx, runs[name], s.manager, limits[name])
			if err == nil {
				s.say("without a bug: %s: passed", name)
				return nil
			}
			s.say("without a bug: %s: NOT PASSED: %v", name, err)
			mu.Lock()
			defer mu.Unlock()
			failed++
			return nil
		})
	}
	_ = group.Wait() // No function returns an error.
	return failed
}

// tryAll tries the bugs and prints a table. It returns how many were not caught.
func (s *session) tryAll(ctx context.Context, chosen []bugs.SeededBug) (missed int) {
	outcomes := make([]bugs.Outcome, len(chosen))
	var group errgroup.Group
	group.SetLimit(s.parallel)
	for i, bug := range chosen {
		group.Go(func() error {
			outcomes[i] = s.try(ctx, bug)
			s.say("%s: %s (%s)", bug.Name, &outcomes[i], outcomes[i].Took.Round(time.Second))
			if outcomes[i].Shown != "" {
				s.say("  %s", outcomes[i].Shown)
			}
			return nil
		})
	}
	_ = group.Wait() // No function returns an error.

	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nBUG\tOUTCOME\tWHAT IS WRONG")
	for _, o := range outcomes {
		fmt.Fprintf(table, "%s\t%s\t%s\n", o.Bug.Name, &o, o.Bug.Sentence)
		if !o.Caught() {
			missed++
		}
	}
	_ = table.Flush() // Where it is written to is of no concern here.
	s.say("\n%d of %d seeded bugs caught", len(outcomes)-missed, len(outcomes))
	return missed
}

// try builds a manager with a bug, and runs the harness against it.
func (s *session) try(ctx context.Context, bug bugs.SeededBug) bugs.Outcome {
	began := time.Now()
	manager, err := bug.Build(ctx, s.repository, s.folder)
	o := bugs.Outcome{Bug: bug, Err: err}
	if err == nil {
		o = bugs.Live(s.live).Try(ctx, bug, manager)
		_ = os.Remove(manager) // Some dozens of them would fill a small /tmp.
	}
	o.Took = time.Since(began)
	return o
}
