// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// refusal is the arguments of a command that refuses them, and a part of its error.
type refusal struct {
	arguments []string
	complaint string
}

// expectRefusals checks what a command refuses, besides what every command that makes an object does. It accepts the argument.
func expectRefusals(t *testing.T, command, argument string, own map[string]refusal, existing ...client.Object) {
	t.Helper()
	refusals := map[string]refusal{
		"a Secret's name that is none":       {[]string{argument, "--secret=a b"}, "--secret: expected the name of an object"},
		"a poll interval that is too short":  {[]string{argument, "--poll-interval=999ms"}, "--poll-interval: expected a time from 1s to 24h"},
		"a time to live that is negative":    {[]string{argument, "--ttl=-1s"}, "--ttl: expected a time from 0s"},
		"a dry run of another kind":          {[]string{argument, "--dry-run=maybe"}, "--dry-run: expected none, client or server"},
		"a form of output that there is not": {[]string{argument, "-o", "poem"}, `unable to match a printer suitable for the output format "poem"`},
		"a flag that there is not":           {[]string{argument, "--naem=a"}, "unknown flag: --naem\nSee 'kubectl vectara " + command + " --help' for usage."},
	}
	maps.Copy(refusals, own)
	for name, test := range refusals {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, existing...)
			w.expect("", append([]string{command}, test.arguments...), 1, "error: ", test.complaint)
			if got := len(w.vectaraJobs()) + len(w.discoveries()); got != len(existing) {
				t.Errorf("there are %d objects, want %d", got, len(existing))
			}
		})
	}
}

// vectaraJobs are the VectaraJobs that there are.
func (w *world) vectaraJobs() []v1alpha1.VectaraJob {
	var list v1alpha1.VectaraJobList
	w.list(&list)
	return list.Items
}

// discoveries are the VectaraJobDiscoveries that there are.
func (w *world) discoveries() []v1alpha1.VectaraJobDiscovery {
	var list v1alpha1.VectaraJobDiscoveryList
	w.list(&list)
	return list.Items
}

func (w *world) list(list client.ObjectList) {
	w.t.Helper()
	if err := w.client.List(w.t.Context(), list, client.InNamespace("search")); err != nil {
		w.t.Fatal(err)
	}
}

// specSchema is the schema of the fields of spec in the CRD of a kind.
func specSchema(t *testing.T, plural string) map[string]apiextensionsv1.JSONSchemaProps {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "config", "crd", "bases", "jobs.vectara.io_"+plural+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties
}
