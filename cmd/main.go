// SPDX-License-Identifier: Apache-2.0

// Command manager is the Vectara job operator.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/vectara-job-operator/vectara-job-operator/internal/operator"
)

const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	options, err := operator.ParseOptions(os.Args[1:], os.LookupEnv, os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp), errors.Is(err, operator.ErrVersion):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	}
	if err := operator.Run(operator.SignalContext(), options); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(exitFailure)
	}
}
