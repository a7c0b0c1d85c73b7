// SPDX-License-Identifier: Apache-2.0

package bugs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/test/faults"
)

var (
	first  = Run{Scene: "life"}
	second = Run{Scene: "lists"}
)

// violating is a life that violates some invariants in each script.
func violating(invariants map[string][]string) Live {
	return func(_ context.Context, _ string, run Run) ([]faults.Violation, error) {
		var violations []faults.Violation
		for _, name := range invariants[run.Scene] {
			violations = append(violations, faults.Violation{Invariant: name})
		}
		return violations, nil
	}
}

func TestOutcomes(t *testing.T) {
	for _, test := range []struct {
		name   string
		live   Live
		caught bool
		want   string
	}{
		{"a run that violates what must be violated", violating(map[string][]string{"life": {"I3", "I1", "I3"}}), true, "caught by I1, I3"},
		{"the second run, as the first one finds nothing", violating(map[string][]string{"lists": {"I5"}}), true, "caught by I5"},
		{"no run that finds anything", violating(nil), false, "NOT CAUGHT"},
		{"another invariant", violating(map[string][]string{"life": {"I7"}, "lists": {"I7"}}), false, "NOT CAUGHT by I3 or I5, only by I7"},
		{"a run that fails", func(context.Context, string, Run) ([]faults.Violation, error) {
			return nil, errors.New("no etcd")
		}, false, "did not run: no etcd"},
		{"a run that does not end", func(ctx context.Context, _ string, _ Run) ([]faults.Violation, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, false, `did not run: no result of "life none" within 10ms`},
	} {
		t.Run(test.name, func(t *testing.T) {
			bug := SeededBug{CaughtBy: []string{"I3", "I5"}, Runs: []Run{first, second}, Limit: 10 * time.Millisecond}
			o := test.live.Try(t.Context(), bug, "manager")
			if strings.HasPrefix(test.want, "did not run") == (o.Err == nil) || o.Caught() != test.caught || o.String() != test.want {
				t.Errorf("got %q (caught: %v), want %q (%v)", o.String(), o.Caught(), test.want, test.caught)
			}
		})
	}
}

func TestBugThatWasNotBuiltIsNotCaught(t *testing.T) {
	for _, err := range []error{ErrDoesNotApply, ErrDoesNotBuild} {
		o := Outcome{Err: fmt.Errorf("%w: line 7", err)}
		if o.Caught() || o.String() != err.Error()+": line 7" {
			t.Errorf("got %q (caught: %v)", o.String(), o.Caught())
		}
	}
}

func TestRunThatASoundManagerDoesNotPassProvesNothing(t *testing.T) {
	if err := violating(nil).Sound(t.Context(), first, "manager", time.Minute); err != nil {
		t.Errorf("A run without violations: %v", err)
	}
	if err := violating(map[string][]string{"life": {"I5"}}).Sound(t.Context(), first, "manager", time.Minute); err == nil {
		t.Error("A run with a violation: got no error")
	}
}
