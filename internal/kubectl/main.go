// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"fmt"
)

// Main runs the plugin with the arguments after its name and returns the exit code. When ctx ends, so does the command.
func Main(ctx context.Context, env Environment, arguments []string) int {
	root := NewCommand(env)
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	var ended errorOfOutcome
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return int(ended.outcome)
	case ctx.Err() != nil:
		return exitInterrupted
	default:
		fmt.Fprintf(env.Streams.ErrOut, "error: %v\n", explained(err))
		return exitError
	}
}
