// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"

	"github.com/spf13/cobra"
)

// usageTemplate is in the manner of kubectl: examples first, and the flags that every command takes on a page of their own.
const usageTemplate = `{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{if .HasAvailableSubCommands}}Available Commands:
{{- range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}

{{end}}{{if .HasParent}}{{if .HasAvailableLocalFlags}}Options:
{{.LocalFlags.FlagUsagesWrapped 120 | trimTrailingWhitespaces}}

{{end}}{{end}}Usage:
  {{if .HasParent}}{{.UseLine}}{{else}}{{.CommandPath}} COMMAND [options]{{end}}

{{if .HasAvailableSubCommands}}Use "{{.CommandPath}} COMMAND --help" for more about a command.
{{end}}Use "kubectl vectara options" for the options that every command takes.
`

// newOptionsCommand lists the flags that every command takes.
func newOptionsCommand() *cobra.Command {
	return &cobra.Command{
		Use:                   "options",
		Short:                 "List the options that every command takes",
		DisableFlagsInUseLine: true,
		Args:                  arguments(0, 0, "no arguments"),
		ValidArgsFunction:     cobra.NoFileCompletions,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "Every command takes these options, as kubectl does:\n\n%s",
				cmd.Root().PersistentFlags().FlagUsagesWrapped(120))
		},
	}
}
