// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"maps"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const (
	healthKey  = "resource.customizations.health.jobs.vectara.io_VectaraJob"
	actionsKey = "resource.customizations.actions.jobs.vectara.io_VectaraJob"
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
	if keys := slices.Sorted(maps.Keys(data)); !slices.Equal(keys, []string{actionsKey, healthKey}) {
		t.Fatalf("the keys are %v", keys)
	}
	same := func(name, got string) {
		t.Helper()
		if want := read(t, customization+"/"+name); got != want {
			t.Errorf("the ConfigMap has\n%s\nwant %s:\n%s", got, name, want)
		}
	}
	same("health.lua", data[healthKey])

	var actions resourceActions
	if err := yaml.UnmarshalStrict([]byte(data[actionsKey]), &actions); err != nil {
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
