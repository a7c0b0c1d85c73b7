// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// session is what all commands share: the environment, and the flags that say which cluster and namespace are meant.
type session struct {
	Environment
	flags *genericclioptions.ConfigFlags
}

// NewCommand makes the command "kubectl vectara".
func NewCommand(env Environment) *cobra.Command {
	s := &session{Environment: env, flags: genericclioptions.NewConfigFlags(true).WithWarningPrinter(env.Streams)}
	root := &cobra.Command{
		Use:         "kubectl-vectara",
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl vectara"},
		Short:       "Follow Vectara jobs in Kubernetes",
		Long: "Follow Vectara jobs in Kubernetes.\n\n" +
			"A VectaraJob mirrors one background job of Vectara, and a VectaraJobDiscovery makes a VectaraJob for each job\n" +
			"that matches. These commands make both and show them, wait for VectaraJobs, and store the credentials that the\n" +
			"operator uses for Vectara.",
		// Main words the errors.
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		Run:           func(cmd *cobra.Command, _ []string) { _ = cmd.Help() }, // There is nowhere to report an error.
	}
	root.SetIn(env.Streams.In)
	root.SetOut(env.Streams.Out)
	root.SetErr(env.Streams.ErrOut)
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(flagParseError)
	s.flags.AddFlags(root.PersistentFlags())
	root.AddCommand(
		newMirrorCommand(s), newDiscoverCommand(s), newWaitCommand(s), newStatusCommand(s), newLoginCommand(s),
		newVersionCommand(s), newOptionsCommand(),
	)
	s.completeGlobalFlags(root)
	return root
}

// usageError says where to find help besides.
func usageError(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w\nSee '%s --help' for usage.", err, cmd.CommandPath()) //nolint:revive,staticcheck // Two sentences, as kubectl has them.
}

// flagParseError says what to write instead of days, which Go's durations do not have.
func flagParseError(cmd *cobra.Command, err error) error {
	if strings.Contains(err.Error(), `unknown unit "d"`) {
		err = fmt.Errorf("%w: days are no unit: write hours, such as 168h for 7d", err)
	}
	return usageError(cmd, err)
}

// arguments checks the number of arguments, and says what they are.
func arguments(least, most int, expected string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return usageError(cmd, fmt.Errorf("expected %s, got %d arguments", expected, len(args)))
		}
		return nil
	}
}

// connect gives a client and the namespace that is meant.
func (s *session) connect() (client.WithWatch, string, error) {
	namespace, _, err := s.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, "", err
	}
	c, err := s.Connect(s.flags)
	return c, namespace, err
}
