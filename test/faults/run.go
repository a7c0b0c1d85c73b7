// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Run runs lives as the options say, and returns how many of them violated an invariant.
func Run(ctx context.Context, o Options, out io.Writer) (failed int, err error) {
	began := time.Now()
	world, err := NewWorld(ctx, o.Manager)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, world.Stop()) }()
	s := &suite{world: world, options: o, out: out, began: began}
	defer func() { s.totals.write(out, time.Since(began)) }()
	for _, scene := range o.Scenes {
		if err := s.runScene(ctx, scene); err != nil {
			return s.totals.failed, err
		}
	}
	err = s.searchEtcd(ctx)
	return s.totals.failed, err
}

// suite is one run of the command.
type suite struct {
	world   *World
	options Options
	began   time.Time

	mu       sync.Mutex
	out      io.Writer
	totals   totals
	canaries []Canary
}

// errEnough ends a run that is to end at the first violation.
var errEnough = errors.New("an invariant is violated")

// runScene runs a script under all its plans.
func (s *suite) runScene(ctx context.Context, scene string) error {
	if s.options.PlanSet {
		_, err := s.runPlan(ctx, scene, s.options.Plan)
		return withoutEnough(err)
	}
	// Without faults it shows which requests there are.
	base, err := s.runPlan(ctx, scene, nil)
	if err != nil {
		return withoutEnough(err)
	}
	shape := shapeOf(base)
	plans := newPlans(shape, s.options.Seed, s.options.Budget == 0)
	s.say("%s: %d requests to the API server and %d to Vectara without faults; %d plans of one fault; seed %d", scene,
		len(shape[API]), len(shape[Vectara]), len(plans.rest), s.options.Seed)
	end := s.began.Add(s.options.Budget)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(s.options.Parallel)
	for groupCtx.Err() == nil && (s.options.Budget == 0 || time.Now().Before(end)) {
		plan, ok := plans.next()
		if !ok {
			break
		}
		group.Go(func() error {
			_, err := s.runPlan(groupCtx, scene, plan)
			return err
		})
	}
	err = group.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return withoutEnough(err)
}

func withoutEnough(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// runPlan runs one life and reports what it violated.
func (s *suite) runPlan(ctx context.Context, scene string, plan Plan) (*Record, error) {
	record, err := s.world.Live(ctx, scene, plan)
	if err != nil {
		return nil, err
	}
	violations := Check(record)
	s.count(record, plan, violations)
	if len(violations) == 0 {
		if s.options.PlanSet {
			s.mu.Lock()
			s.keep(record, scene)
			s.mu.Unlock()
		}
		return record, nil
	}
	if s.options.Shrink && len(plan) > 1 {
		plan, record, violations = s.shrink(ctx, scene, plan, record, violations)
	}
	s.report(scene, plan, record, violations)
	if s.options.FailFast {
		return record, errEnough
	}
	return record, nil
}

// report prints what a life violated, how to repeat it, and the part of the record that shows it.
func (s *suite) report(scene string, plan Plan, record *Record, violations []Violation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, "\nFAILED: --scenes=%s --plan='%s'\n", scene, plan)
	const most = 6
	for i, v := range violations {
		if i == most {
			fmt.Fprintf(s.out, "  and %d more\n", len(violations)-most)
			break
		}
		fmt.Fprintln(s.out, v)
	}
	excerpt(s.out, record, violations[0])
	s.keep(record, fmt.Sprintf("life-%d", s.totals.failed))
}

// keep writes a record to the folder for that, if there is one. The lock is held.
func (s *suite) keep(record *Record, name string) {
	if s.options.Record == "" {
		return
	}
	path := filepath.Join(s.options.Record, name+".json")
	text, err := record.JSON()
	if err == nil {
		err = os.MkdirAll(s.options.Record, 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		fmt.Fprintln(s.out, "the record could not be written:", err)
		return
	}
	fmt.Fprintln(s.out, "record:", path)
}

func (s *suite) say(format string, values ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, format+"\n", values...)
}

func (s *suite) count(record *Record, plan Plan, violations []Violation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals.add(record, plan, violations)
	s.canaries = append(s.canaries, record.Canaries...)
}
