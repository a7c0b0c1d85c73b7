// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

var fence = regexp.MustCompile("(?s)```yaml\n(.*?\n)```")

// documented are the objects that a page shows. The API server of "make verify-manifests" judges those that it knows; the
// others must at least be what an API server could be sent.
func documented(t *testing.T, page string) []*unstructured.Unstructured {
	t.Helper()
	var found []*unstructured.Unstructured
	for _, block := range fence.FindAllStringSubmatch(read(t, page), -1) {
		for document := range strings.SplitSeq(block[1], "\n---\n") {
			var content map[string]any
			if err := yaml.UnmarshalStrict([]byte(document), &content); err != nil {
				t.Fatalf("%s: %v in\n%s", page, err, document)
			}
			found = append(found, &unstructured.Unstructured{Object: content})
		}
	}
	return found
}

func TestDocumentedObjectsAreWhole(t *testing.T) {
	for _, page := range []string{"docs/gitops.md", "docs/pipelines.md"} {
		for _, object := range documented(t, page) {
			named := object.GetName() != "" || object.GetGenerateName() != ""
			if object.GetKind() == "" || object.GetAPIVersion() == "" || !named && object.GetKind() != "Kustomization" {
				t.Errorf("%s: %v", page, object.Object)
			}
		}
	}
}

// theOne is the one object of a kind on a page.
func theOne(t *testing.T, page, kind string) *unstructured.Unstructured {
	t.Helper()
	var found []*unstructured.Unstructured
	for _, object := range documented(t, page) {
		if object.GetKind() == kind {
			found = append(found, object)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d of the kind %s, want one", page, len(found), kind)
	}
	return found[0]
}

// TestPipelinesCallTheScriptAsItIs compares what the manifests set with what the script reads.
func TestPipelinesCallTheScriptAsItIs(t *testing.T) {
	const path = "docs/examples/replace-filter-attributes.sh"
	head, _, _ := strings.Cut(read(t, path), "set -euo pipefail")
	containers := func(kind string, fields ...string) []any {
		list, _, err := unstructured.NestedSlice(theOne(t, "docs/pipelines.md", kind).Object, fields...)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s has the containers %v: %v", kind, list, err)
		}
		return list
	}
	for kind, list := range map[string][]any{
		"Job":  containers("Job", "spec", "template", "spec", "containers"),
		"Task": containers("Task", "spec", "steps"),
	} {
		var container struct {
			Command []string `json:"command"`
			Env     []struct {
				Name string `json:"name"`
			} `json:"env"`
		}
		text, err := yaml.Marshal(list[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, &container); err != nil {
			t.Fatal(err)
		}
		if len(container.Command) == 0 || container.Command[0] != "/pipeline/replace-filter-attributes.sh" {
			t.Errorf("%s runs %v", kind, container.Command)
		}
		for _, variable := range container.Env {
			if !regexp.MustCompile(`\b` + variable.Name + `\b`).MatchString(head) {
				t.Errorf("%s sets %s, of which %s says nothing", kind, variable.Name, path)
			}
		}
	}
}

// TestWorkflowManifest looks at the VectaraJob inside the Workflow.
func TestWorkflowManifest(t *testing.T) {
	manifest, _ := resourceTemplate(t)["manifest"].(string)
	var job v1alpha1.VectaraJob
	if err := yaml.UnmarshalStrict([]byte(manifest), &job); err != nil {
		t.Fatalf("%v in\n%s", err, manifest)
	}
	if job.GroupVersionKind() != v1alpha1.GroupVersion.WithKind("VectaraJob") || job.GenerateName == "" || job.Spec.JobID == "" {
		t.Errorf("the manifest is\n%s", manifest)
	}
}
