// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// exitCodes is part of the help of every command that waits.
const exitCodes = `
  0  completed
  1  an error: wrong flags, or what the API server did not let happen
  2  failed
  3  aborted
  4  the VectaraJob was deleted before its job was seen to end
  5  blocked: waiting alone does not help, somebody has to do something, such as correct a key
  6  timed out
130  interrupted`

// waitCommand is the command "wait".
type waitCommand struct {
	*session
	waitOptions
	selector string
	all      bool
	print    *genericclioptions.PrintFlags
}

func newWaitCommand(s *session) *cobra.Command {
	o := &waitCommand{session: s, print: newPrintFlags("")}
	cmd := &cobra.Command{
		Use:   "wait (NAME... | -l SELECTOR | --all)",
		Short: "Wait for the outcome of jobs, whatever it is",
		Long: `Wait until each of the VectaraJobs has ended, well or badly.

A job that is blocked ends the wait after 5 seconds, since nothing more will happen until somebody does something: the
credentials are missing or refused, Vectara does not know the job, or the VectaraJob is suspended. With
--through-blocked, the wait goes on.

A VectaraJob that is deleted after its job ended, such as by its ttlSecondsAfterFinished, counts as what it was. With -l
and --all, it is about those that exist at the start.

The exit code says how it ended. Of several jobs it is that of the worst, which is the lowest but 0:` + exitCodes,
		Example: `  # Wait for one, and act on the outcome
  kubectl vectara wait reindex-legal && echo "the index is ready"

  # Wait for all that have a label, at most ten minutes
  kubectl vectara wait -l batch=night --timeout 10m

  # Check once, do not wait
  kubectl vectara wait reindex-legal --timeout 0`,
		ValidArgsFunction: s.completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return usageError(cmd, err)
			}
			return o.run(cmd.Context(), args)
		},
	}
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "Wait for those with labels that match, such as batch=night.")
	cmd.Flags().BoolVar(&o.all, "all", false, "Wait for all in the namespace.")
	o.addWaitFlags(cmd)
	addPrintFlags(cmd, o.print)
	completeFlag(cmd, "selector", cobra.NoFileCompletions)
	return cmd
}

func (o *waitCommand) validate(names []string) error {
	ways := 0
	for _, given := range []bool{len(names) > 0, o.selector != "", o.all} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("expected names, or -l with a selector, or --all, and one of these only")
	}
	return nil
}

func (o *waitCommand) run(ctx context.Context, names []string) error {
	if _, err := o.print.ToPrinter(); err != nil {
		return err
	}
	c, namespace, err := o.connect()
	if err != nil {
		return err
	}
	jobs, err := o.find(ctx, c, namespace, names)
	if err != nil {
		return err
	}
	show := o.progress(o.print)
	w := o.newWaiting(o.waitOptions, c, namespace, show, jobs)
	if err := w.run(ctx); err != nil {
		return interrupted(ctx, show, err, jobs...)
	}
	results := w.results()
	if len(results) > 1 {
		show.Line("%s", summary(results))
	}
	if wantsObjects(o.print) {
		for i, e := range w.entries {
			jobs[i] = e.job
		}
		if err := printObjects(o.print, o.Streams.Out, jobs, len(names) == 1); err != nil {
			return err
		}
	}
	return result(outcome.Worst(results...))
}

// find gets the VectaraJobs that are meant.
func (o *waitCommand) find(ctx context.Context, c client.Client, namespace string, arguments []string) ([]*v1alpha1.VectaraJob, error) {
	if len(arguments) == 0 {
		return o.list(ctx, c, namespace)
	}
	var names []string
	for _, argument := range arguments {
		name, err := nameOfJob(argument)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var jobs []*v1alpha1.VectaraJob
	for _, name := range names {
		job := &v1alpha1.VectaraJob{}
		if err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, job); err != nil {
			return nil, err
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

func (o *waitCommand) list(ctx context.Context, c client.Client, namespace string) ([]*v1alpha1.VectaraJob, error) {
	list, err := listJobs(ctx, c, namespace, o.selector)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no VectaraJobs found in the namespace %q", namespace)
	}
	jobs := make([]*v1alpha1.VectaraJob, len(list))
	for i := range list {
		jobs[i] = &list[i]
	}
	return jobs, nil
}
