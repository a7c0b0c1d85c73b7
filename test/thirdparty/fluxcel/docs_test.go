// SPDX-License-Identifier: Apache-2.0

package fluxcel

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/apis/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const (
	repository = "../../.."
	page       = repository + "/docs/gitops.md"
	goldens    = repository + "/config/argocd/resource_customizations/jobs.vectara.io/VectaraJob/testdata"
)

var fence = regexp.MustCompile("(?s)```yaml\n(.*?\n)```")

// kustomizations are all that the page shows, by name. They must be what Flux's own type takes.
func kustomizations(t *testing.T) map[string]kustomizev1.Kustomization {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]kustomizev1.Kustomization{}
	for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
		for document := range strings.SplitSeq(block[1], "\n---\n") {
			if !strings.Contains(document, "kustomize.toolkit.fluxcd.io/") {
				continue
			}
			var k kustomizev1.Kustomization
			if err := yaml.UnmarshalStrict([]byte(document), &k); err != nil {
				t.Fatalf("%v in\n%s", err, document)
			}
			found[k.Name] = k
		}
	}
	return found
}

// expressions are those of the one Kustomization of a name that has some.
func expressions(t *testing.T, name string) *kustomize.HealthCheckExpressions {
	t.Helper()
	k, ok := kustomizations(t)[name]
	if !ok || len(k.Spec.HealthCheckExprs) != 1 {
		t.Fatalf("%s has no Kustomization %q with expressions for one kind", page, name)
	}
	custom := k.Spec.HealthCheckExprs[0]
	if custom.APIVersion != "jobs.vectara.io/v1alpha1" || custom.Kind != "VectaraJob" {
		t.Fatalf("the expressions are for %s %s", custom.APIVersion, custom.Kind)
	}
	return &custom.HealthCheckExpressions
}

// objects are those that were taken from an API server, by the name of their file without its end.
func objects(t *testing.T) map[string]*unstructured.Unstructured {
	t.Helper()
	paths, err := filepath.Glob(goldens + "/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 30 {
		t.Fatalf("only %d objects found", len(paths))
	}
	found := map[string]*unstructured.Unstructured{}
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			t.Fatal(err)
		}
		content, err := yaml.YAMLToJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		var object unstructured.Unstructured
		if err := object.UnmarshalJSON(content); err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(filepath.Base(path), ".yaml")] = &object
	}
	return found
}
