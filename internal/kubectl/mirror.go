// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// mirrorOptions is the command "mirror".
type mirrorOptions struct {
	*session
	waitOptions
	wanted wantedJob
	wait   bool
	dryRun dryRun
	print  *genericclioptions.PrintFlags
}

func newMirrorCommand(s *session) *cobra.Command {
	o := &mirrorOptions{session: s, print: newPrintFlags("created")}
	cmd := &cobra.Command{
		Use:   "mirror JOB_ID",
		Short: "Make a VectaraJob for a job, and follow it",
		Long: `Make a VectaraJob for a job that was started in Vectara.

Without --name, the API server gives it a name that begins with "job-": the ID of a job fits no object name. With --name, a
VectaraJob of that name and for the same job is left as it is.

With --wait, the command goes on until the job has ended, and shows how it stands: in one live line on a terminal, and
otherwise in a line for each change. Without --wait it never waits, on a terminal either. How often the job
is polled is an estimate: the operator's administrator can set other bounds.

With --wait, the exit code says how it ended:` + exitCodes,
		Example: `  # Mirror a job
  kubectl vectara mirror job_3Kx9QpVn2mZr8YbLc5TdWe

  # Follow it to its end, and act on the outcome
  kubectl vectara mirror job_3Kx9QpVn2mZr8YbLc5TdWe --wait && echo "the index is ready"

  # Under a name of your own, gone an hour after the job ended
  kubectl vectara mirror job_3Kx9QpVn2mZr8YbLc5TdWe --name reindex-legal --ttl 1h

  # Print the manifest only
  kubectl vectara mirror job_3Kx9QpVn2mZr8YbLc5TdWe --name reindex-legal --dry-run=client -o yaml`,
		Args:              arguments(1, 1, "the ID of one job"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.wanted.jobID = args[0]
			o.wanted.pollIntervalSet = cmd.Flags().Changed("poll-interval")
			o.wanted.ttlSet = cmd.Flags().Changed("ttl")
			if err := o.validate(); err != nil {
				return usageError(cmd, err)
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.wanted.name, "name", "", "Name of the VectaraJob. Without it the API server makes one up.")
	flags.StringVar(&o.wanted.secret, "secret", "", "Name of the Secret with the credentials. Without it, "+v1alpha1.DefaultCredentialsSecretName+".")
	flags.DurationVar(&o.wanted.pollInterval, "poll-interval", 0, "How often the job is polled, from 1s to 24h. Without it, the interval adapts.")
	flags.DurationVar(&o.wanted.ttl, "ttl", 0, "Delete the VectaraJob this long after the job ended, in whole seconds. Without it, it is kept.")
	flags.BoolVar(&o.wait, "wait", false, "Follow the job until it has ended. The exit code says how.")
	o.dryRun.addFlag(cmd)
	o.addWaitFlags(cmd)
	addPrintFlags(cmd, o.print)
	completeFlag(cmd, "secret", s.completeSecrets)
	completeFlag(cmd, "name", cobra.NoFileCompletions)
	return cmd
}

func (o *mirrorOptions) validate() error {
	if err := o.dryRun.validate(); err != nil {
		return err
	}
	if o.wait && o.dryRun != dryRunNone {
		return errors.New("--wait: there is nothing to wait for with --dry-run")
	}
	return o.wanted.validate()
}

func (o *mirrorOptions) run(ctx context.Context) error {
	// Checked before anything is made.
	if _, err := o.print.ToPrinter(); err != nil {
		return err
	}
	c, namespace, err := o.connect()
	if err != nil {
		return err
	}
	job := o.wanted.object(namespace)
	if o.dryRun == dryRunClient {
		return o.made(job, o.dryRun.operation(true))
	}
	job, created, err := o.makeJob(ctx, c, job)
	if err != nil {
		return err
	}
	operation := o.dryRun.operation(created)
	if !o.wait {
		return o.made(job, operation)
	}
	return o.waitFor(ctx, c, job, operation)
}

// made says what was made.
func (o *mirrorOptions) made(job *v1alpha1.VectaraJob, operation string) error {
	if job.Name == "" && !wantsObjects(o.print) {
		_, err := fmt.Fprintf(o.Streams.Out, "vectarajob.%s/%s… %s\n", v1alpha1.GroupName, job.GenerateName, operation)
		return err
	}
	return operated(o.print, o.Streams.Out, job, operation)
}

// waitFor follows the job. With -o, standard output is for the VectaraJob as it is in the end.
func (o *mirrorOptions) waitFor(ctx context.Context, c client.WithWatch, job *v1alpha1.VectaraJob, operation string) error {
	show := o.progress(o.print)
	show.Line("vectarajob.%s/%s %s", v1alpha1.GroupName, job.Name, operation)
	w := o.newWaiting(o.waitOptions, c, job.Namespace, show, []*v1alpha1.VectaraJob{job})
	if err := w.run(ctx); err != nil {
		return interrupted(ctx, show, err, job)
	}
	if wantsObjects(o.print) {
		if err := operated(o.print, o.Streams.Out, w.entries[0].job, ""); err != nil {
			return err
		}
	}
	return result(outcome.Worst(w.results()...))
}
