// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// goldenFolder holds objects of a kind as the API server gave them out, one for each row of the table of conditions and for
// each stage of a life. The health checks for Argo CD and Flux are tested over them, without a control plane.
func goldenFolder(kind string) string {
	return "config/argocd/resource_customizations/jobs.vectara.io/" + kind + "/testdata"
}

// namesInDocs are the names under which the docs have objects of each kind.
var namesInDocs = map[string]string{v1alpha1.VectaraJobKind: "reindex-legal", v1alpha1.VectaraJobDiscoveryKind: "legal"}

// refreshGolden has the files written instead of compared.
const refreshGolden = "UPDATE_GOLDEN"

var notForFileNames = regexp.MustCompile(`[^a-z0-9]+`)

// goldenName is the name of the file for a row or stage.
func goldenName(name string) string {
	return notForFileNames.ReplaceAllString(strings.ToLower(name), "-") + ".yaml"
}

// golden compares an object, as the API server has it now, with the file that is kept of it.
func (s *scene) golden(kind, object, name string) {
	s.t.Helper()
	var found unstructured.Unstructured
	found.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	s.must(admin.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: object}, &found))
	got := s.settle(&found)
	repository, err := harness.Repository()
	s.must(err)
	path := filepath.Join(repository, goldenFolder(kind), goldenName(name))
	if os.Getenv(refreshGolden) != "" {
		s.must(os.MkdirAll(filepath.Dir(path), 0o750))
		s.must(os.WriteFile(path, []byte(got), 0o600))
		return
	}
	want, err := os.ReadFile(path)
	s.must(err)
	if got != string(want) {
		s.t.Errorf("%s is not what the API server has any more: if that is meant, run this test with %s=1.\ngot\n%s\nwant\n%s",
			path, refreshGolden, got, want)
	}
}

// What differs from one run to the next, in messages.
var (
	timestamps = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	requestIDs = regexp.MustCompile(`\(request ID [^)]+\)`)
)

// settle writes an object down without what differs from one run to the next, under the names that the docs use.
func (s *scene) settle(object *unstructured.Unstructured) string {
	s.t.Helper()
	object.SetName(namesInDocs[object.GetKind()])
	object.SetUID("00000000-0000-0000-0000-000000000000")
	object.SetResourceVersion("1")
	object.SetManagedFields(nil)
	content, err := object.MarshalJSON()
	s.must(err)
	// In JSON every text is on one line, which it may not be in YAML.
	settled := strings.ReplaceAll(string(content), s.namespace, "search")
	settled = timestamps.ReplaceAllString(settled, "2026-01-01T00:00:00Z")
	settled = requestIDs.ReplaceAllString(settled, "(request ID 0123456789abcdef)")
	text, err := yaml.JSONToYAML([]byte(settled))
	s.must(err)
	return string(text)
}

// TestGoldenFilesAllComeFromTheAPIServer finds files that no test compares with an object any more.
func TestGoldenFilesAllComeFromTheAPIServer(t *testing.T) {
	jobs := []string{goldenName(notFoundForAMinute)}
	for _, r := range rows() {
		jobs = append(jobs, goldenName(r.name))
	}
	for _, st := range stages() {
		jobs = append(jobs, goldenName(st.name))
	}
	var discoveries []string
	for _, st := range discoveryStages() {
		discoveries = append(discoveries, goldenName(st.name))
	}
	expectFiles(t, goldenFolder(v1alpha1.VectaraJobKind), jobs)
	expectFiles(t, goldenFolder(v1alpha1.VectaraJobDiscoveryKind), discoveries)
}

// expectFiles wants these files in a folder, and no others.
func expectFiles(t *testing.T, folder string, want []string) {
	t.Helper()
	slices.Sort(want)
	if unique := slices.Compact(slices.Clone(want)); len(unique) != len(want) {
		t.Fatalf("two rows share a file: %v", want)
	}
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(repository, folder))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s has\n%v\nwant\n%v", folder, got, want)
	}
}
