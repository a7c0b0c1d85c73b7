// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// maxSize is the most objects that a run may have of one kind: etcd's default quota bears no more.
const maxSize = 50_000

// options say what is measured and where the results go.
type options struct {
	sizes     []int
	scenarios []scenario
	manager   string
	json      string
	profiles  string
}

func parse(args []string, errOut io.Writer) (options, error) {
	repository, err := harness.Repository()
	if err != nil {
		return options{}, err
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errOut)
	sizes := flags.String("sizes", "100,1000,10000", "`numbers` of jobs to measure with, with commas between them")
	names := flags.String("scenarios", "", "`names` of the scenarios to measure, with commas between them; empty means all of "+strings.Join(scenarioNames(), ", "))
	order := flags.String("order", "", "`which` scenarios to measure: before, for those whose objects exist when the operator starts, or live, for those whose objects are created while it runs; empty means both")
	flags.StringVar(&o.manager, "manager", filepath.Join(repository, "bin", "manager"), "the manager `binary`")
	flags.StringVar(&o.json, "json", filepath.Join(repository, "bin", "bench.json"), "`file` to write the results to; empty means none")
	flags.StringVar(&o.profiles, "profiles", "", "`folder` to write CPU and heap profiles of the manager to; they cost it some of the time that is measured")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("expected flags only, got the argument %q", flags.Arg(0))
	}
	if o.sizes, err = parseSizes(*sizes); err != nil {
		return options{}, err
	}
	if o.scenarios, err = chooseScenarios(*names); err != nil {
		return options{}, err
	}
	o.scenarios, err = inOrder(o.scenarios, *order)
	return o, err
}

// parseSizes reads sizes and orders them.
func parseSizes(text string) ([]int, error) {
	var sizes []int
	for word := range strings.SplitSeq(text, ",") {
		size, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || size < 1 || size > maxSize {
			return nil, fmt.Errorf("--sizes: expected whole numbers from 1 to %d with commas between them, got %q", maxSize, text)
		}
		sizes = append(sizes, size)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes), nil
}

// chooseScenarios finds scenarios by name. They keep the order in which they have to run.
func chooseScenarios(text string) ([]scenario, error) {
	if text == "" {
		return scenarios, nil
	}
	wanted := strings.Split(text, ",")
	for _, name := range wanted {
		if !slices.Contains(scenarioNames(), name) {
			return nil, fmt.Errorf("--scenarios: there is no %q; there are %s", name, strings.Join(scenarioNames(), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool { return !slices.Contains(wanted, s.name) }), nil
}

// inOrder keeps the scenarios whose objects come before the operator, or after it.
func inOrder(chosen []scenario, order string) ([]scenario, error) {
	switch order {
	case "":
		return chosen, nil
	case orderBefore, orderLive:
	default:
		return nil, fmt.Errorf("--order: expected %s or %s, got %q", orderBefore, orderLive, order)
	}
	kept := slices.DeleteFunc(slices.Clone(chosen), func(s scenario) bool { return s.order != order })
	if len(kept) == 0 {
		return nil, fmt.Errorf("--order: none of the scenarios chosen is %q", order)
	}
	return kept, nil
}
