// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"slices"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// healthCase is an entry of health_test.yaml, as Argo CD defines it.
type healthCase struct {
	HealthStatus verdict `json:"healthStatus"`
	InputPath    string  `json:"inputPath"`
}

func healthCases(t *testing.T, kind string) []healthCase {
	t.Helper()
	var listed struct {
		Tests []healthCase `json:"tests"`
	}
	if err := yaml.UnmarshalStrict([]byte(read(t, customization(kind)+"/health_test.yaml")), &listed); err != nil {
		t.Fatal(err)
	}
	return listed.Tests
}

// TestHealthAsListed is Argo CD's own test of a customization.
func TestHealthAsListed(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind string) {
		script := read(t, customization(kind)+"/health.lua")
		for _, c := range healthCases(t, kind) {
			t.Run(c.InputPath, func(t *testing.T) {
				got, err := health(t.Context(), script, load(t, customization(kind)+"/"+c.InputPath).Object)
				if err != nil {
					t.Fatal(err)
				}
				if got != c.HealthStatus {
					t.Errorf("got %+v, want %+v", got, c.HealthStatus)
				}
			})
		}
	})
}

func TestEveryObjectIsListedOnce(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind string) {
		var listed, there []string
		for _, c := range healthCases(t, kind) {
			listed = append(listed, c.InputPath)
		}
		for name := range objects(t, kind) {
			there = append(there, "testdata/"+name+".yaml")
		}
		slices.Sort(listed)
		slices.Sort(there)
		if !slices.Equal(listed, there) {
			t.Errorf("health_test.yaml lists\n%v\nthere are\n%v", listed, there)
		}
	})
}

// TestHealthAgreesWithKstatus keeps Argo CD and Flux of one mind, but for suspended objects: kstatus has no word for them.
func TestHealthAgreesWithKstatus(t *testing.T) {
	forEachKind(t, agreesWithKstatus)
}

func agreesWithKstatus(t *testing.T, kind string) {
	t.Helper()
	script := read(t, customization(kind)+"/health.lua")
	inArgo := map[status.Status]string{
		status.InProgressStatus: "Progressing", status.CurrentStatus: "Healthy", status.FailedStatus: "Degraded",
	}
	seen := map[string]int{}
	for name, object := range objects(t, kind) {
		got, err := health(t.Context(), script, object.Object)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		seen[got.Status]++
		if suspended, _, _ := unstructured.NestedBool(object.Object, "spec", "suspend"); suspended {
			if got.Status != "Suspended" {
				t.Errorf("%s: Argo CD makes it %s, want Suspended", name, got.Status)
			}
			continue
		}
		asKstatus, err := status.Compute(integral(t, object))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := inArgo[asKstatus.Status]; got.Status != want {
			t.Errorf("%s: Argo CD makes it %s, kstatus %s", name, got.Status, asKstatus.Status)
		}
	}
	for _, want := range []string{"Progressing", "Healthy", "Degraded", "Suspended"} {
		if seen[want] == 0 {
			t.Errorf("no object is %s", want)
		}
	}
}

// integral is an object whose whole numbers are integers, as a client of the API server has them.
func integral(t *testing.T, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	content, err := object.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var decoded unstructured.Unstructured
	if err := decoded.UnmarshalJSON(content); err != nil {
		t.Fatal(err)
	}
	return &decoded
}

func TestHealthOfObjectsThatNoOperatorHasTouched(t *testing.T) {
	waiting := verdict{Status: "Progressing", Message: "Waiting for the operator"}
	metadata := map[string]any{"generation": int64(1)}
	forEachKind(t, func(t *testing.T, kind string) {
		script := read(t, customization(kind)+"/health.lua")
		for name, object := range map[string]map[string]any{
			"no status":       {"metadata": metadata, "spec": map[string]any{}},
			"an empty status": {"metadata": metadata, "spec": map[string]any{}, "status": map[string]any{}},
			"no spec":         {"metadata": metadata},
		} {
			t.Run(name, func(t *testing.T) {
				got, err := health(t.Context(), script, object)
				if err != nil {
					t.Fatal(err)
				}
				if got != waiting {
					t.Errorf("got %+v, want %+v", got, waiting)
				}
			})
		}
	})
}

func TestScriptsHaveNoMoreLibrariesThanArgoGives(t *testing.T) {
	for _, library := range []string{"string", "math", "io", "debug", "coroutine"} {
		if _, err := runLua(t.Context(), "return "+library+".x", map[string]any{}); err == nil {
			t.Errorf("the library %s is there", library)
		}
	}
}
