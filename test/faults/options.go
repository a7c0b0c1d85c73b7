// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// Options say what is run.
type Options struct {
	Manager  string
	Budget   time.Duration
	Seed     uint64
	Plan     Plan
	PlanSet  bool // whether Plan is the only one to run
	Scenes   []string
	Parallel int
	FailFast bool
	Shrink   bool
	Record   string
}

// ParseOptions reads the options of the command.
func ParseOptions(args []string, errOut io.Writer) (Options, error) {
	repository, err := harness.Repository()
	if err != nil {
		return Options{}, err
	}
	var o Options
	flags := flag.NewFlagSet("faults", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&o.Manager, "manager", filepath.Join(repository, "bin", "manager"), "the manager `binary`")
	flags.DurationVar(&o.Budget, "budget", time.Minute, "`time` for which lives are started; 0 runs each systematic plan once, however long that takes")
	flags.Uint64Var(&o.Seed, "seed", 1, "`number` that the order of systematic plans and the random plans come from")
	plan := flags.String("plan", "", "the only `plan` to run, as a failing run prints it; \"none\" is the plan without faults")
	scenes := flags.String("scenes", "", "`names` of the scripts to run, with commas between them; empty means all of "+strings.Join(SceneNames(), ", "))
	flags.IntVar(&o.Parallel, "parallel", 8, "`number` of lives that run side by side")
	flags.BoolVar(&o.FailFast, "fail-fast", false, "stop at the first violation")
	flags.BoolVar(&o.Shrink, "shrink", true, "look for the shortest plan that shows a violation")
	flags.StringVar(&o.Record, "record", "", "`folder` to write the records of failing lives to, and of all with --plan; empty means none")
	if err := flags.Parse(args); err != nil {
		return Options{}, err
	}
	if flags.NArg() > 0 {
		return Options{}, fmt.Errorf("expected flags only, got the argument %q", flags.Arg(0))
	}
	if o.Parallel < 1 {
		return Options{}, fmt.Errorf("--parallel: expected at least 1, got %d", o.Parallel)
	}
	if o.PlanSet = *plan != ""; o.PlanSet {
		if o.Plan, err = ParsePlan(*plan); err != nil {
			return Options{}, fmt.Errorf("--plan: %w", err)
		}
	}
	o.Scenes, err = chooseScenes(*scenes)
	return o, err
}

func chooseScenes(text string) ([]string, error) {
	if text == "" {
		return SceneNames(), nil
	}
	names := strings.Split(text, ",")
	for _, name := range names {
		if !slices.Contains(SceneNames(), name) {
			return nil, fmt.Errorf("--scenes: there is no %q; there are %s", name, strings.Join(SceneNames(), ", "))
		}
	}
	return names, nil
}
