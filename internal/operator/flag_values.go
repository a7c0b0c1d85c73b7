// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"flag"
	"fmt"
	"strconv"
	"time"
)

// parsed is a flag.Value whose errors say what was expected, which those of package flag do not.
type parsed[T any] struct {
	target   *T
	parse    func(string) (T, error)
	expected string
}

// Set implements flag.Value.
func (p parsed[T]) Set(text string) error {
	value, err := p.parse(text)
	if err != nil {
		return fmt.Errorf("expected %s", p.expected)
	}
	*p.target = value
	return nil
}

// String implements flag.Value. Package flag calls it on a zero value too.
func (p parsed[T]) String() string {
	if p.target == nil {
		return ""
	}
	return fmt.Sprint(*p.target)
}

func durationVar(flags *flag.FlagSet, target *time.Duration, name, usage string) {
	flags.Var(parsed[time.Duration]{target, time.ParseDuration, "a duration such as 30s or 1h30m"}, name, usage)
}

func numberVar(flags *flag.FlagSet, target *float64, name, usage string) {
	parse := func(text string) (float64, error) { return strconv.ParseFloat(text, 64) }
	flags.Var(parsed[float64]{target, parse, "a number such as 20 or 0.5"}, name, usage)
}

func countVar(flags *flag.FlagSet, target *int, name, usage string) {
	flags.Var(parsed[int]{target, strconv.Atoi, "a whole number such as 40"}, name, usage)
}
