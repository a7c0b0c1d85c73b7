// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/vectara-job-operator/vectara-job-operator/internal/version"
)

func newVersionCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:                   "version",
		Short:                 "Print the version of this plugin",
		DisableFlagsInUseLine: true,
		Args:                  arguments(0, 0, "no arguments"),
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(s.Streams.Out, "kubectl-vectara %s (%s, %s/%s)\n",
				version.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
