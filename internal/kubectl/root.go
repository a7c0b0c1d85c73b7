// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
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
			"A VectaraJob mirrors one background job of Vectara. These commands make VectaraJobs, wait for them and show\n" +
			"them, and store the credentials with which the operator asks Vectara.",
		// Main words the errors.
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		Run:           func(cmd *cobra.Command, _ []string) { _ = cmd.Help() }, // There is nobody to tell.
	}
	root.SetIn(env.Streams.In)
	root.SetOut(env.Streams.Out)
	root.SetErr(env.Streams.ErrOut)
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(usageError)
	s.flags.AddFlags(root.PersistentFlags())
	root.AddCommand(
		newMirrorCommand(s), newWaitCommand(s), newStatusCommand(s), newLoginCommand(s),
		newVersionCommand(s), newOptionsCommand(),
	)
	s.completeGlobalFlags(root)
	return root
}

// usageError says where to find help besides.
func usageError(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w\nSee '%s --help' for usage.", err, cmd.CommandPath()) //nolint:revive,staticcheck // Two sentences, as kubectl has them.
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

// nameOf reads the name of a VectaraJob as people write and paste it: with or without its resource.
func nameOf(argument string) (string, error) {
	resource, name, qualified := strings.Cut(argument, "/")
	if !qualified {
		resource, name = "vj", argument
	}
	switch strings.ToLower(resource) {
	case "vj", "vectarajob", "vectarajobs", "vectarajob.jobs.vectara.io", "vectarajobs.jobs.vectara.io":
	default:
		return "", fmt.Errorf("%q is not a VectaraJob: expected a name, or vj/ and a name", argument)
	}
	if strings.HasPrefix(name, "job_") {
		return "", fmt.Errorf("%q is the ID of a job: expected the name of a VectaraJob. "+
			"To mirror the job, use 'kubectl vectara mirror'", name)
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return "", fmt.Errorf("%q is no name: %s", name, problems[0])
	}
	return name, nil
}
