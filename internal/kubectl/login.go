// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// loginCommand is the command "login".
type loginCommand struct {
	*session
	name   string
	source secretSource
	check  checkOptions
	print  *genericclioptions.PrintFlags
}

func newLoginCommand(s *session) *cobra.Command {
	o := &loginCommand{session: s, print: newPrintFlags("")}
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Store the credentials that the operator uses for Vectara",
		Long: `Make the Secret from which the operator takes the credentials for Vectara, or replace what it holds.

The API key is read from the terminal without being shown, or from standard input. With --client-id, it is the secret of an
OAuth 2.0 client that is read. No flag takes a key or a secret: command lines end up in histories and process lists. And
none is ever printed: with -o, the Secret comes without its data.

With --check, the command first lists jobs with the credentials, and stores nothing unless that succeeds. The request goes
from here to --endpoint, and says nothing of how the operator in the cluster reaches Vectara.

Other keys that the Secret has are kept. A Secret of another type is never touched.`,
		Example: `  # Type or paste the key
  kubectl vectara login

  # From a password manager, and see first whether it is good
  pass show vectara/api-key | kubectl vectara login --api-key-stdin --check

  # An OAuth 2.0 client
  kubectl vectara login --client-id my-client`,
		Args:              arguments(0, 0, "no arguments: keys and secrets are read from the terminal or from standard input"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return usageError(cmd, err)
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.name, "name", v1alpha1.DefaultCredentialsSecretName, "Name of the Secret.")
	o.source.addFlags(flags)
	o.check.addFlags(flags)
	addPrintFlags(cmd, o.print)
	completeFlag(cmd, "name", s.completeSecrets)
	for _, flag := range []string{"client-id", "endpoint", "token-url"} {
		completeFlag(cmd, flag, cobra.NoFileCompletions)
	}
	return cmd
}

func (o *loginCommand) validate() error {
	if problems := validation.IsDNS1123Subdomain(o.name); len(problems) > 0 {
		return flagError("name", "the name of a Secret, got %q: %s", o.name, problems[0])
	}
	if err := o.source.validate(); err != nil {
		return err
	}
	return o.check.validate()
}

func (o *loginCommand) run(ctx context.Context) error {
	if _, err := o.print.ToPrinter(); err != nil {
		return err
	}
	c, namespace, err := o.connect()
	if err != nil {
		return err
	}
	// A Secret that cannot be replaced needs no key.
	if _, err := findSecret(ctx, c, namespace, o.name); err != nil {
		return err
	}
	credentials, err := o.source.read(ctx, o.session)
	if err != nil {
		return err
	}
	if err := o.check.run(ctx, credentials); err != nil {
		return err
	}
	secret, operation, err := storeSecret(ctx, c, namespace, o.name, credentials)
	if err != nil {
		return withoutSecrets(err, credentials)
	}
	return operated(o.print, o.Streams.Out, withoutData(secret), operation)
}

// keys are the keys of a Secret for credentials, and their values.
func keys(credentials vectara.Credentials) map[string][]byte {
	if credentials.APIKey != "" {
		return map[string][]byte{v1alpha1.APIKeyKey: []byte(credentials.APIKey)}
	}
	return map[string][]byte{
		v1alpha1.ClientIDKey:     []byte(credentials.ClientID),
		v1alpha1.ClientSecretKey: []byte(credentials.ClientSecret),
	}
}
