// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
		Short: "Show how jobs and discoveries stand, and what to do about those that are blocked",
		Long: `Show how jobs and discoveries stand.

Without NAME it is a table of the VectaraJobs: those that are blocked first, then those under way, then those that have
ended, the latest first. A second table has the VectaraJobDiscoveries: how many jobs match, are mirrored and wait for a
VectaraJob, and when the jobs were last listed. While nothing changes, that time is updated once an hour.

With NAME it is all there is to know of one: of a VectaraJob its timeline in Vectara and here, of a VectaraJobDiscovery
which jobs match, of both the conditions, the events, and what to do when it is blocked. NAME is that of either kind.
Write vj/NAME or vjd/NAME if both kinds have one of that name.

The exit code says nothing of the jobs: that is for 'kubectl vectara wait'.`,
		Example: `  # All in the namespace
  kubectl vectara status

  # All that have a label, in every namespace
  kubectl vectara status -A -l batch=night

  # All about one
  kubectl vectara status reindex-legal

  # A discovery, and the VectaraJobs that it made
  kubectl vectara status vjd/legal
  kubectl vectara status -l jobs.vectara.io/discovery=legal`,
		Args:              arguments(0, 1, "the name of one VectaraJob or VectaraJobDiscovery, or none"),
		ValidArgsFunction: s.completeEither,
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
	jobs, err := listJobs(ctx, c, namespace, o.selector)
	if err != nil {
		return err
	}
	discoveries, err := listDiscoveries(ctx, c, namespace, o.selector)
	if apierrors.IsForbidden(err) {
		// Whoever may not read these still wants to see the rest.
		fmt.Fprintf(o.Streams.ErrOut, "warning: VectaraJobDiscoveries are not shown: %v\n", err)
	} else if err != nil {
		return err
	}
	if wantsObjects(o.print) {
		return printObjects(o.print, o.Streams.Out, objectsOf(jobs, discoveries), false)
	}
	if len(jobs)+len(discoveries) == 0 {
		where := fmt.Sprintf("the namespace %q", namespace)
		if o.allNamespaces {
			where = "any namespace"
		}
		_, err := fmt.Fprintf(o.Streams.ErrOut, "No VectaraJobs or VectaraJobDiscoveries found in %s.\n", where)
		return err
	}
	return o.tables(jobs, discoveries)
}

// tables writes a table for each kind of which there is something.
func (o *statusCommand) tables(jobs []v1alpha1.VectaraJob, discoveries []v1alpha1.VectaraJobDiscovery) error {
	if len(jobs) > 0 {
		if err := words.Table(o.Streams.Out, jobs, o.Clock.Now(), o.allNamespaces); err != nil {
			return err
		}
	}
	if len(discoveries) == 0 {
		return nil
	}
	if len(jobs) > 0 {
		fmt.Fprintln(o.Streams.Out)
	}
	return words.DiscoveryTable(o.Streams.Out, discoveries, o.Clock.Now(), o.allNamespaces)
}

func objectsOf(jobs []v1alpha1.VectaraJob, discoveries []v1alpha1.VectaraJobDiscovery) []client.Object {
	objects := make([]client.Object, 0, len(jobs)+len(discoveries))
	for i := range jobs {
		objects = append(objects, &jobs[i])
	}
	for i := range discoveries {
		objects = append(objects, &discoveries[i])
	}
	return objects
}

func (o *statusCommand) one(ctx context.Context, c client.Client, namespace, argument string) error {
	named, err := referenceOf(argument, expectedEither)
	if err != nil {
		return err
	}
	object, err := find(ctx, c, namespace, named)
	if err != nil {
		return err
	}
	if wantsObjects(o.print) {
		return printObjects(o.print, o.Streams.Out, []client.Object{object}, true)
	}
	// Whoever may not read events still wants to see the rest.
	events, err := events(ctx, c, object)
	noEvents := ""
	if err != nil {
		noEvents = err.Error()
	}
	var page io.WriterTo
	switch object := object.(type) {
	case *v1alpha1.VectaraJobDiscovery:
		page = words.DiscoveryPage{Discovery: object, Events: events, NoEvents: noEvents, Now: o.Clock.Now()}
	case *v1alpha1.VectaraJob:
		page = words.Page{Job: object, Events: events, NoEvents: noEvents, Now: o.Clock.Now()}
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
