// SPDX-License-Identifier: Apache-2.0

package bugs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/test/faults"
)

// Outcome is what came of a bug.
type Outcome struct {
	Bug SeededBug
	// Violated are the invariants that the runs found violated, in order.
	Violated []string
	// Run is the run that caught the bug; nil if none did.
	Run *Run
	// Shown is the violation that caught it.
	Shown string
	// Err is why the bug was not run; nil if it was.
	Err error
	// Took is the time of build and runs.
	Took time.Duration
}

// Caught reports whether an invariant was violated that must be.
func (o *Outcome) Caught() bool { return o.Run != nil }

// String says it in a few words.
func (o *Outcome) String() string {
	switch {
	case errors.Is(o.Err, ErrDoesNotApply), errors.Is(o.Err, ErrDoesNotBuild):
		return o.Err.Error()
	case o.Err != nil:
		return "did not run: " + o.Err.Error()
	case o.Caught():
		return "caught by " + strings.Join(o.Violated, ", ")
	case len(o.Violated) > 0:
		return "NOT CAUGHT by " + strings.Join(o.Bug.CaughtBy, " or ") + ", only by " + strings.Join(o.Violated, ", ")
	default:
		return "NOT CAUGHT"
	}
}

// Live lives a run with a manager, and returns what it violates.
type Live func(ctx context.Context, manager string, run Run) ([]faults.Violation, error)

// Try runs a manager with a bug, until a run catches it.
func (live Live) Try(ctx context.Context, bug SeededBug, manager string) Outcome {
	o := Outcome{Bug: bug}
	for _, run := range bug.Runs {
		violations, err := live.within(ctx, bug.Limit, manager, run)
		if err != nil {
			o.Err = err
			return o
		}
		for _, v := range violations {
			o.Violated = append(o.Violated, v.Invariant)
			if o.Shown == "" && slices.Contains(bug.CaughtBy, v.Invariant) {
				o.Run, o.Shown = &run, v.String()
			}
		}
		o.Violated = slices.Compact(slices.Sorted(slices.Values(o.Violated)))
		if o.Caught() {
			return o
		}
	}
	return o
}

// Sound reports, as an error, what a run finds wrong with a manager that has no bug: such a run proves nothing.
func (live Live) Sound(ctx context.Context, run Run, manager string, limit time.Duration) error {
	violations, err := live.within(ctx, limit, manager, run)
	if err == nil && len(violations) > 0 {
		err = fmt.Errorf("%d violations by a manager without a bug, the first of which is: %v", len(violations), violations[0])
	}
	return err
}

func (live Live) within(ctx context.Context, limit time.Duration, manager string, run Run) ([]faults.Violation, error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	violations, err := live(bounded, manager, run)
	if bounded.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("no result of %q within %s", run, limit)
	}
	return violations, err
}
