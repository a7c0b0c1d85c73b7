// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
)

// involvedUID is the field of an event that says what it is about.
const involvedUID = "involvedObject.uid"

// statusCommand is the command "status".
type statusCommand struct {
	*session
	selector      string
	allNamespaces bool
	print         *genericclioptions.PrintFlags
}

func newStatusCommand(s *session) *cobra.Command {
	o := &statusCommand{session: s, print: newPrintFlags("")}
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show how jobs stand, and what to do about those that are blocked",
		Long: `Show how jobs stand.

Without NAME it is a table: those that are blocked first, then those under way, then those that have ended, the latest
first. With NAME it is all there is to know of one: its timeline in Vectara and here, its conditions, its events, and what
to do when it is blocked or has failed. The exit code says nothing of the jobs: that is for 'kubectl vectara wait'.`,
		Example: `  # All in the namespace
  kubectl vectara status

  # All that have a label, in every namespace
  kubectl vectara status -A -l batch=night

  # All about one
  kubectl vectara status reindex-legal`,
		Args:              arguments(0, 1, "the name of one VectaraJob, or none"),
		ValidArgsFunction: s.completeJob,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && (o.selector != "" || o.allNamespaces) {
				return usageError(cmd, errors.New("expected a name, or else -l and -A"))
			}
			return o.run(cmd.Context(), args)
		},
	}
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "Show those with labels that match, such as batch=night.")
	cmd.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Show those of all namespaces.")
	addPrintFlags(cmd, o.print)
	completeFlag(cmd, "selector", cobra.NoFileCompletions)
	return cmd
}

func (o *statusCommand) run(ctx context.Context, args []string) error {
	if _, err := o.print.ToPrinter(); err != nil {
		return err
	}
	c, namespace, err := o.connect()
	if err != nil {
		return err
	}
	if len(args) == 1 {
		return o.one(ctx, c, namespace, args[0])
	}
	if o.allNamespaces {
		namespace = ""
	}
	return o.many(ctx, c, namespace)
}

func (o *statusCommand) many(ctx context.Context, c client.Client, namespace string) error {
	list, err := listJobs(ctx, c, namespace, o.selector)
	if err != nil {
		return err
	}
	if wantsObjects(o.print) {
		jobs := make([]*v1alpha1.VectaraJob, len(list))
		for i := range list {
			jobs[i] = &list[i]
		}
		return printJobs(o.print, o.Streams.Out, jobs, false)
	}
	if len(list) == 0 {
		where := fmt.Sprintf("the namespace %q", namespace)
		if o.allNamespaces {
			where = "any namespace"
		}
		_, err := fmt.Fprintf(o.Streams.ErrOut, "No VectaraJobs found in %s.\n", where)
		return err
	}
	return words.Table(o.Streams.Out, list, o.Clock.Now(), o.allNamespaces)
}

func (o *statusCommand) one(ctx context.Context, c client.Client, namespace, argument string) error {
	name, err := nameOf(argument)
	if err != nil {
		return err
	}
	job := &v1alpha1.VectaraJob{}
	if err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, job); err != nil {
		return err
	}
	if wantsObjects(o.print) {
		return printJobs(o.print, o.Streams.Out, []*v1alpha1.VectaraJob{job}, true)
	}
	page := words.Page{Job: job, Now: o.Clock.Now()}
	// Whoever may not read events still wants to see the rest.
	if page.Events, err = events(ctx, c, job); err != nil {
		page.NoEvents = err.Error()
	}
	_, err = page.WriteTo(o.Streams.Out)
	return err
}

// events are the events about an object, the oldest first.
func events(ctx context.Context, c client.Client, about metav1.Object) ([]corev1.Event, error) {
	var list corev1.EventList
	err := c.List(ctx, &list, client.InNamespace(about.GetNamespace()), client.MatchingFields{involvedUID: string(about.GetUID())})
	slices.SortStableFunc(list.Items, func(a, b corev1.Event) int {
		return words.EventTime(&a).Compare(words.EventTime(&b))
	})
	return list.Items, err
}
