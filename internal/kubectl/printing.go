// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"io"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// newPrintFlags are kubectl's own flags for -o. Without -o it is "kind/name operation".
func newPrintFlags(operation string) *genericclioptions.PrintFlags {
	return genericclioptions.NewPrintFlags(operation).WithTypeSetter(scheme)
}

// addPrintFlags adds the flags, and keeps those out of sight that hardly anybody needs.
func addPrintFlags(cmd *cobra.Command, flags *genericclioptions.PrintFlags) {
	flags.AddFlags(cmd)
	for _, name := range []string{"allow-missing-template-keys", "show-managed-fields", "template"} {
		cmd.Flags().Lookup(name).Hidden = true
	}
	cmd.Flags().Lookup("output").Usage = "Output format: json, yaml, name, or a template such as jsonpath='{.metadata.name}'."
	completeFlag(cmd, "output", cobra.FixedCompletions([]string{"json", "name", "yaml"}, cobra.ShellCompDirectiveNoFileComp))
}

// wantsObjects reports whether -o or --template was given, so that standard output is for the objects.
func wantsObjects(flags *genericclioptions.PrintFlags) bool {
	return *flags.OutputFormat != "" || *flags.TemplatePrinterFlags.TemplateArgument != ""
}

// operated writes what was done to an object, or the object itself if -o asks for that.
func operated(flags *genericclioptions.PrintFlags, w io.Writer, object runtime.Object, operation string) error {
	flags.NamePrintFlags.Operation = operation
	printer, err := flags.ToPrinter()
	if err != nil {
		return err
	}
	return printer.PrintObj(object, w)
}

// printJobs writes VectaraJobs as -o asks: a single one as it is, several as a list.
func printJobs(flags *genericclioptions.PrintFlags, w io.Writer, jobs []*v1alpha1.VectaraJob, single bool) error {
	if single && len(jobs) == 1 {
		return operated(flags, w, jobs[0], "")
	}
	if *flags.OutputFormat == "name" {
		for _, job := range jobs {
			if err := operated(flags, w, job, ""); err != nil {
				return err
			}
		}
		return nil
	}
	list, err := listOf(jobs)
	if err != nil {
		return err
	}
	return operated(flags, w, list, "")
}

// listOf is a list as "kubectl get" prints it, of kind List.
func listOf(jobs []*v1alpha1.VectaraJob) (*corev1.List, error) {
	objects := make([]runtime.Object, 0, len(jobs))
	for _, job := range jobs {
		job = job.DeepCopy()
		job.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(v1alpha1.VectaraJobKind))
		job.ManagedFields = nil // The printers take them out of single objects only.
		objects = append(objects, job)
	}
	list := &corev1.List{}
	return list, meta.SetList(list, objects)
}
