// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"io"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
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

// operated writes what was done to an object, or the object itself if -o is given.
func operated(flags *genericclioptions.PrintFlags, w io.Writer, object runtime.Object, operation string) error {
	flags.NamePrintFlags.Operation = operation
	printer, err := flags.ToPrinter()
	if err != nil {
		return err
	}
	return printer.PrintObj(object, w)
}

// printObjects writes objects in the format of -o: a single one as it is, several as a list.
func printObjects[T client.Object](flags *genericclioptions.PrintFlags, w io.Writer, objects []T, single bool) error {
	if single && len(objects) == 1 {
		return operated(flags, w, objects[0], "")
	}
	if *flags.OutputFormat == "name" {
		for _, object := range objects {
			if err := operated(flags, w, object, ""); err != nil {
				return err
			}
		}
		return nil
	}
	list, err := listOf(objects)
	if err != nil {
		return err
	}
	return operated(flags, w, list, "")
}

// listOf is a list as "kubectl get" prints it, of kind List.
func listOf[T client.Object](objects []T) (*corev1.List, error) {
	items := make([]runtime.Object, 0, len(objects))
	for _, object := range objects {
		item := object.DeepCopyObject()
		kind, err := apiutil.GVKForObject(item, scheme)
		if err != nil {
			return nil, err
		}
		item.GetObjectKind().SetGroupVersionKind(kind)
		if described, err := meta.Accessor(item); err == nil {
			described.SetManagedFields(nil) // The printers take them out of single objects only.
		}
		items = append(items, item)
	}
	list := &corev1.List{}
	return list, meta.SetList(list, items)
}
