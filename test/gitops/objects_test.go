// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// customization is the folder that Argo CD has for a kind, by its own layout.
const customization = "config/argocd/resource_customizations/jobs.vectara.io/VectaraJob"

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

// objects are all objects that were taken from an API server, by the name of their file without its end.
func objects(t *testing.T) map[string]*unstructured.Unstructured {
	t.Helper()
	paths, err := filepath.Glob(file(t, customization+"/testdata/*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 30 {
		t.Fatalf("only %d objects found", len(paths))
	}
	found := map[string]*unstructured.Unstructured{}
	for _, path := range paths {
		base := filepath.Base(path)
		found[strings.TrimSuffix(base, ".yaml")] = load(t, customization+"/testdata/"+base)
	}
	return found
}
