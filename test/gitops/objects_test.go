// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// kinds are those that Argo CD is told about.
var kinds = []string{v1alpha1.VectaraJobKind, v1alpha1.VectaraJobDiscoveryKind}

// customization is the folder that Argo CD has for a kind, by its own layout.
func customization(kind string) string {
	return "config/argocd/resource_customizations/jobs.vectara.io/" + kind
}

// forEachKind runs a test for each kind.
func forEachKind(t *testing.T, test func(t *testing.T, kind string)) {
	t.Helper()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) { test(t, kind) })
	}
}

// file is the path of a file of the repository.
func file(t *testing.T, name string) string {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(repository, name)
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(file(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// load reads an object the way Argo CD's own test does.
func load(t *testing.T, name string) *unstructured.Unstructured {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(read(t, name)), &object); err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: object}
}

// objects are all objects of a kind that were taken from an API server, by the name of their file without its end.
func objects(t *testing.T, kind string) map[string]*unstructured.Unstructured {
	t.Helper()
	paths, err := filepath.Glob(file(t, customization(kind)+"/testdata/*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 10 {
		t.Fatalf("only %d objects found", len(paths))
	}
	found := map[string]*unstructured.Unstructured{}
	for _, path := range paths {
		base := filepath.Base(path)
		found[strings.TrimSuffix(base, ".yaml")] = load(t, customization(kind)+"/testdata/"+base)
	}
	return found
}
