// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// options say how long and how hard the manager is tried.
type options struct {
	duration time.Duration // from the first convergence to the end
	quiet    time.Duration // at the end, without faults
	every    time.Duration // from one fault to the next
	settle   time.Duration // from the first convergence until what the manager holds is measured
	measure  time.Duration // for how long that is sampled, at the beginning and at the end
	line     time.Duration // from one line of the report to the next
	pollMax  time.Duration // the manager's flag; its default when zero
	timeout  time.Duration // the same
	size     int
	turnover float64 // ends of jobs a second
	seed     uint64
	manager  string
	json     string
	svg      string
	draw     string // earlier results; nothing else is done
}

// busy is what a busy machine may add.
const busy = 20 * time.Second

// The manager's own defaults.
const (
	defaultPollMax = time.Minute
	defaultTimeout = 10 * time.Second
)

func parse(args []string, errOut io.Writer) (options, error) {
	repository, err := harness.Repository()
	if err != nil {
		return options{}, err
	}
	var o options
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.DurationVar(&o.duration, "duration", time.Hour, "how long the soak lasts once all objects have a status")
	flags.DurationVar(&o.quiet, "quiet", 4*time.Minute, "how long no fault comes at the end")
	flags.DurationVar(&o.every, "every", period, "time from one fault to the next; a shorter one makes faults shorter too")
	flags.DurationVar(&o.settle, "settle", 2*time.Minute, "time from the first status of all objects until the manager is first measured")
	flags.DurationVar(&o.measure, "measure", 20*time.Second, "for how long the manager is measured, at the beginning and at the end")
	flags.DurationVar(&o.line, "line", time.Minute, "time from one line of the report to the next")
	flags.DurationVar(&o.pollMax, "poll-max", 0, "the manager's flag; zero means its default")
	flags.DurationVar(&o.timeout, "request-timeout", 0, "the manager's flag; zero means its default")
	flags.IntVar(&o.size, "size", 10_000, "`number` of objects")
	flags.Float64Var(&o.turnover, "turnover", 4, "`jobs` that end in a second, and as many that begin")
	flags.Uint64Var(&o.seed, "seed", 0, "`seed` of the faults; zero means a random one, which is printed")
	flags.StringVar(&o.manager, "manager", filepath.Join(repository, "bin", "manager"), "the manager `binary`")
	flags.StringVar(&o.json, "json", filepath.Join(repository, "bin", "soak.json"), "`file` to write the results to; empty means none")
	flags.StringVar(&o.svg, "svg", "", "`file` to draw the results to; empty means none")
	flags.StringVar(&o.draw, "draw", "", "`file` with the results of an earlier soak, to be drawn to --svg instead of another soak")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("expected flags only, got the argument %q", flags.Arg(0))
	}
	if o.seed == 0 {
		o.seed = rand.Uint64() //nolint:gosec // It chooses faults.
	}
	return o, o.validate()
}

func (o options) validate() error {
	switch {
	case o.size < accounts || o.size > 50_000:
		return fmt.Errorf("--size: expected %d to 50000, got %d", accounts, o.size)
	case o.turnover <= 0 || o.turnover > 100:
		return fmt.Errorf("--turnover: expected more than 0 and at most 100, got %v", o.turnover)
	case o.every < time.Second:
		return fmt.Errorf("--every: expected at least 1s, got %s", o.every)
	case o.settle < 0 || o.measure <= 0 || o.line <= 0 || o.pollMax < 0 || o.timeout < 0:
		return errors.New("--settle, --measure, --line, --poll-max: expected positive times")
	case o.quiet < o.longestPoll()+o.measure:
		return fmt.Errorf("--quiet: expected at least %s, for the operator to converge and for what it holds to be measured, got %s",
			o.longestPoll()+o.measure, o.quiet)
	case o.duration < o.quiet+o.every:
		return fmt.Errorf("--duration: expected at least %s, got %s", o.quiet+o.every, o.duration)
	}
	return nil
}

// longestPoll is the longest adaptive interval, with its jitter.
func (o options) longestPoll() time.Duration {
	longest := o.pollMax
	if longest == 0 {
		longest = defaultPollMax
	}
	return longest + longest/10
}

// deadline is that of a call.
func (o options) deadline() time.Duration {
	if o.timeout == 0 {
		return defaultTimeout
	}
	return o.timeout
}

// convergence is how long the operator may take to converge after the last fault: the next poll or back-off, 2 s, and
// something for a busy machine.
func (o options) convergence() time.Duration { return o.longestPoll() + 2*time.Second + busy }

// overdue is how old what a status says may be while Synced is True: the interval, 30 s, the call, and something for a
// busy machine and for API servers that stand still.
func (o options) overdue() time.Duration {
	return o.longestPoll() + 30*time.Second + o.deadline() + 15*time.Second + busy
}

// grace is how long a call may still be under way about a job whose end has just been seen.
func (o options) grace() time.Duration { return o.deadline() + 2*slack }
