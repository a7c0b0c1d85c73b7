// SPDX-License-Identifier: Apache-2.0

// Command selftest proves the power of the fault harness: it seeds bugs in the manager, one at a time, and runs the harness
// against each. It first runs the harness against the manager as it is, which must pass.
//
// It needs what the harness needs, and git. The exit code is 0 if every bug was caught; 1 if one was not, or if the manager
// without a bug did not pass; 2 if a flag is wrong or nothing could be run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vectara-job-operator/vectara-job-operator/test/faults/bugs"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

func main() {
	ctrllog.SetLogger(logr.Discard())
	// Not SIGPIPE: the proxies write into connections that are broken on purpose.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the flags say.
type options struct {
	only     *regexp.Regexp
	parallel int
	sound    bool
}

func parse(args []string, errOut io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("selftest", flag.ContinueOnError)
	flags.SetOutput(errOut)
	only := flags.String("only", "", "`pattern` of the names of the bugs to seed; empty means all")
	flags.IntVar(&o.parallel, "parallel", 6, "`number` of lives that are run side by side")
	flags.BoolVar(&o.sound, "sound", true, "first check that the manager without a bug passes the same runs")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return options{}, fmt.Errorf("--only: expected a regular expression: %w", err)
	}
	if o.parallel < 1 {
		return options{}, fmt.Errorf("--parallel: expected at least 1, got %d", o.parallel)
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	o, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	var missed int
	if err == nil {
		missed, err = selftest(ctx, o, out)
	}
	switch {
	case err != nil:
		fmt.Fprintln(errOut, "selftest:", err)
		return 2
	case missed > 0:
		return 1
	default:
		return 0
	}
}

// selftest tries the bugs, and returns how many were not caught. Runs that a sound manager does not pass count too.
func selftest(ctx context.Context, o options, out io.Writer) (missed int, err error) {
	repository, err := harness.Repository()
	if err != nil {
		return 0, err
	}
	all, err := bugs.Load(repository)
	if err != nil {
		return 0, err
	}
	var chosen []bugs.SeededBug
	for _, bug := range all {
		if o.only.MatchString(bug.Name) {
			chosen = append(chosen, bug)
		}
	}
	if len(chosen) == 0 {
		return 0, errors.New("--only: no bug has such a name")
	}
	folder, err := os.MkdirTemp("", "selftest-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	s := session{repository: repository, folder: folder, out: out, parallel: o.parallel}
	if err := s.prepare(ctx); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.world.Stop()) }()
	if o.sound {
		missed = s.checkSound(ctx, chosen)
	}
	return missed + s.tryAll(ctx, chosen), ctx.Err()
}
