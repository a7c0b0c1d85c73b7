// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"maps"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// The keys of Argo CD's ConfigMap are these and the kind.
const (
	healthKey  = "resource.customizations.health.jobs.vectara.io_"
	actionsKey = "resource.customizations.actions.jobs.vectara.io_"
)

// resourceActions are the actions for a kind, as Argo CD reads them from its ConfigMap.
type resourceActions struct {
	Discovery   string `json:"discovery.lua"`
	Definitions []struct {
		Name   string `json:"name"`
		Action string `json:"action.lua"`
	} `json:"definitions"`
}

func TestConfigMapHasTheScripts(t *testing.T) {
	data, _, err := unstructured.NestedStringMap(load(t, "config/argocd/argocd-cm.yaml").Object, "data")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, kind := range kinds {
		want = append(want, healthKey+kind, actionsKey+kind)
	}
	slices.Sort(want)
	if keys := slices.Sorted(maps.Keys(data)); !slices.Equal(keys, want) {
		t.Fatalf("the keys are %v, want %v", keys, want)
	}
	forEachKind(t, func(t *testing.T, kind string) { hasTheScripts(t, kind, data[healthKey+kind], data[actionsKey+kind]) })
}

func hasTheScripts(t *testing.T, kind, health, actionsText string) {
	t.Helper()
	same := func(name, got string) {
		t.Helper()
		if want := read(t, customization(kind)+"/"+name); got != want {
			t.Errorf("the ConfigMap has\n%s\nwant %s:\n%s", got, name, want)
		}
	}
	same("health.lua", health)

	var actions resourceActions
	if err := yaml.UnmarshalStrict([]byte(actionsText), &actions); err != nil {
		t.Fatal(err)
	}
	same("actions/discovery.lua", actions.Discovery)
	var names []string
	for _, definition := range actions.Definitions {
		names = append(names, definition.Name)
		same("actions/"+definition.Name+"/action.lua", definition.Action)
	}
	if !slices.Equal(names, []string{"recheck", "suspend", "resume"}) {
		t.Errorf("the actions are %v", names)
	}
}
