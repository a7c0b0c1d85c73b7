// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// discoverCommand is the command "discover".
type discoverCommand struct {
	*session
	wanted wantedDiscovery
	dryRun dryRun
	print  *genericclioptions.PrintFlags
}

func newDiscoverCommand(s *session) *cobra.Command {
	o := &discoverCommand{session: s, print: newPrintFlags("created")}
	cmd := &cobra.Command{
		Use:   "discover NAME",
		Short: "Make a VectaraJobDiscovery, which mirrors all jobs that match",
		Long: `Make a VectaraJobDiscovery. The operator then lists the jobs of the account, and makes a VectaraJob for each one that
matches, also for those that the console, an SDK or Vectara itself started.

A job matches if it is within the window that --look-back or --created-after opens, works on one of --corpus-keys, and has
one of --types and one of --states. A flag that is left out matches every job; without a window, jobs of the last 24h match.

NAME has at most 63 characters: each of the VectaraJobs has it as the label ` + v1alpha1.DiscoveryLabel + `. A
VectaraJobDiscovery of that name that exists is left as it is.`,
		Example: `  # Mirror all jobs of two corpora
  kubectl vectara discover legal --corpus-keys legal,hr

  # Only index rebuilds of the last week, each VectaraJob kept for an hour after its job has ended
  kubectl vectara discover rebuilds --types rebuild_vector_index --look-back 168h --ttl 1h

  # Print the manifest only
  kubectl vectara discover legal --corpus-keys legal --dry-run=client -o yaml

  # See what became of it, and wait for its VectaraJobs
  kubectl vectara status vjd/legal
  kubectl vectara wait -l ` + v1alpha1.DiscoveryLabel + `=legal`,
		Args:              arguments(1, 1, "the name of one VectaraJobDiscovery"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.wanted.name, o.wanted.given = args[0], cmd.Flags().Changed
			if err := o.validate(); err != nil {
				return usageError(cmd, err)
			}
			return o.run(cmd.Context())
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *discoverCommand) addFlags(cmd *cobra.Command) {
	w, flags := &o.wanted, cmd.Flags()
	flags.StringVar(&w.secret, "secret", "", "Name of the Secret with the credentials. Without it, "+v1alpha1.DefaultCredentialsSecretName+".")
	flags.StringSliceVar(&w.corpusKeys, "corpus-keys", nil, "Keys of corpora, such as legal,hr: jobs on at least one of them match.")
	flags.StringSliceVar(&w.types, "types", nil, "Types of the jobs that match, as Vectara writes them.")
	flags.StringSliceVar(&w.states, "states", nil, "States of the jobs that match when they are listed, as Vectara writes them.")
	flags.DurationVar(&w.lookBack, "look-back", 24*time.Hour, "Jobs match that were created within this time, from 1m to 8760h.")
	flags.StringVar(&w.createdAfter, "created-after", "", "Jobs match that were created after this time, such as 2026-01-31T12:00:00Z. It excludes --look-back.")
	flags.DurationVar(&w.interval, "interval", time.Minute, "How often the jobs are listed, from 10s to 24h.")
	flags.Int32Var(&w.maxJobs, "max-jobs", 1000, "How many VectaraJobs there may be at the same time, from 1 to 10000.")
	flags.DurationVar(&w.ttl, "ttl", 0, "Delete each VectaraJob this long after its job ended, in whole seconds. Without it, after 24h.")
	flags.DurationVar(&w.pollInterval, "poll-interval", 0, "How often each job is polled, from 1s to 24h. Without it, the interval adapts.")
	flags.BoolVar(&w.suspend, "suspend", false, "List nothing and make no VectaraJobs until spec.suspend is set to false.")
	o.dryRun.addFlag(cmd)
	addPrintFlags(cmd, o.print)
	completeFlag(cmd, "secret", o.completeSecrets)
	completeFlag(cmd, "types", fixedList(
		v1alpha1.JobTypeRebuildVectorIndex, v1alpha1.JobTypeReplaceFilterAttributes, v1alpha1.JobTypeBulkDeleteDocuments,
		v1alpha1.JobTypeBulkUpdateDocumentMetadata, v1alpha1.JobTypeUnknown,
	))
	completeFlag(cmd, "states", fixedList(
		v1alpha1.JobStateQueued, v1alpha1.JobStateStarted, v1alpha1.JobStateFailedWillRetry, v1alpha1.JobStateCompleted,
		v1alpha1.JobStateFailed, v1alpha1.JobStateAborted, v1alpha1.JobStateUnknown,
	))
	completeFlag(cmd, "corpus-keys", cobra.NoFileCompletions)
	completeFlag(cmd, "created-after", cobra.NoFileCompletions)
}

func (o *discoverCommand) validate() error {
	if err := o.dryRun.validate(); err != nil {
		return err
	}
	return o.wanted.validate()
}

func (o *discoverCommand) run(ctx context.Context) error {
	// Checked before anything is made.
	if _, err := o.print.ToPrinter(); err != nil {
		return err
	}
	c, namespace, err := o.connect()
	if err != nil {
		return err
	}
	discovery, created := o.wanted.object(namespace), true
	if o.dryRun != dryRunClient {
		discovery, created, err = o.make(ctx, c, discovery)
		if err != nil {
			return err
		}
	}
	return operated(o.print, o.Streams.Out, discovery, o.dryRun.operation(created))
}
