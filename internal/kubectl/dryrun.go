// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// dryRun is the flag of that name.
type dryRun string

const (
	dryRunNone   dryRun = "none"
	dryRunClient dryRun = "client"
	dryRunServer dryRun = "server"
)

func (d *dryRun) addFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar((*string)(d), "dry-run", string(dryRunNone),
		"none, client or server. With client, nothing is sent anywhere; with server, the API server checks it and stores nothing.")
	completeFlag(cmd, "dry-run", cobra.FixedCompletions(
		[]string{string(dryRunNone), string(dryRunClient), string(dryRunServer)}, cobra.ShellCompDirectiveNoFileComp))
}

func (d dryRun) validate() error {
	switch d {
	case dryRunNone, dryRunClient, dryRunServer:
		return nil
	default:
		return flagError("dry-run", "none, client or server, got %q", string(d))
	}
}

// options are how an object is created.
func (d dryRun) options() []client.CreateOption {
	if d == dryRunServer {
		return []client.CreateOption{client.DryRunAll}
	}
	return nil
}

// operation says what was done.
func (d dryRun) operation(created bool) string {
	operation := "unchanged"
	if created {
		operation = "created"
	}
	switch d {
	case dryRunClient:
		return operation + " (dry run)"
	case dryRunServer:
		return operation + " (server dry run)"
	default:
		return operation
	}
}

// warnKept says that an object exists and that a flag changes nothing about it.
func (s *session) warnKept(kind, name, flag string) {
	fmt.Fprintf(s.Streams.ErrOut, "warning: the %s %q exists already, and keeps what it has instead of --%s\n", kind, name, flag)
}
