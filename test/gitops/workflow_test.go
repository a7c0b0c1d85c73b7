// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// resourceTemplate is the resource template in the documented Workflow.
func resourceTemplate(t *testing.T) map[string]any {
	t.Helper()
	templates, _, err := unstructured.NestedSlice(theOne(t, "docs/pipelines.md", "Workflow").Object, "spec", "templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range templates {
		fields, _ := template.(map[string]any)
		if resource, ok := fields["resource"].(map[string]any); ok {
			return resource
		}
	}
	t.Fatal("no template creates a resource")
	return nil
}

// paths let a label selector be matched against fields of an object, by their paths. This is how Argo Workflows reads
// successCondition and failureCondition (workflow/executor/resource.go there), but for arrays.
type paths map[string]any

func (p paths) Lookup(path string) (string, bool) {
	value, found, err := unstructured.NestedString(p, strings.Split(path, ".")...)
	return value, found && err == nil
}

func (p paths) Has(path string) bool {
	_, found := p.Lookup(path)
	return found
}

func (p paths) Get(path string) string {
	value, _ := p.Lookup(path)
	return value
}

// outcome is what Argo Workflows does about an object: it fails on any failed requirement, and goes on when all of success
// are met.
func outcome(t *testing.T, object *unstructured.Unstructured) string {
	t.Helper()
	requirements := func(field string) labels.Requirements {
		text, _ := resourceTemplate(t)[field].(string)
		selector, err := labels.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", field, err)
		}
		list, _ := selector.Requirements()
		if len(list) == 0 {
			t.Fatalf("there is no %s", field)
		}
		return list
	}
	for _, requirement := range requirements("failureCondition") {
		if requirement.Matches(paths(object.Object)) {
			return "fails"
		}
	}
	for _, requirement := range requirements("successCondition") {
		if !requirement.Matches(paths(object.Object)) {
			return "waits"
		}
	}
	return "goes on"
}

func TestWorkflowActsOnTheStateOfTheJob(t *testing.T) {
	for name, object := range objects(t, v1alpha1.VectaraJobKind) {
		want := "waits"
		switch state, _, _ := unstructured.NestedString(object.Object, "status", "state"); state {
		case "completed":
			want = "goes on"
		case "failed", "aborted":
			want = "fails"
		}
		if got := outcome(t, object); got != want {
			t.Errorf("with %s, the Workflow %s, want: %s", name, got, want)
		}
	}
}
