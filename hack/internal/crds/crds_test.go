// SPDX-License-Identifier: Apache-2.0

package crds

import (
	"slices"
	"testing"
	"testing/fstest"
)

const crd = `
spec:
  names: {kind: Thing}
  versions:
  - schema:
      openAPIV3Schema:
        properties:
          apiVersion: {}
          metadata: {properties: {name: {}}}
          status:
            properties:
              conditions: {items: {properties: {type: {}}}}
          spec:
            properties:
              names: {items: {properties: {first: {description: It., maxLength: 5}}}}
`

func TestFieldsAreFound(t *testing.T) {
	kinds, err := Read(fstest.MapFS{"config/crd/bases/things.yaml": {Data: []byte(crd)}})
	if err != nil || len(kinds) != 1 || kinds[0].Name != "Thing" {
		t.Fatalf("The kinds are %+v (%v), want Thing", kinds, err)
	}
	var paths []string
	for _, field := range kinds[0].Fields {
		paths = append(paths, field.Path)
	}
	if want := []string{".spec", ".spec.names", ".spec.names[].first", ".status", ".status.conditions"}; !slices.Equal(paths, want) {
		t.Errorf("The fields are %q, want %q", paths, want)
	}
	if first := kinds[0].Fields[2]; first.Description != "It." || *first.MaxLength != 5 {
		t.Errorf("The schema of %s is %+v", first.Path, first.Schema)
	}
}

func TestWhatIsNoCRDIsAnError(t *testing.T) {
	if _, err := Read(fstest.MapFS{"config/crd/bases/things.yaml": {Data: []byte("[")}}); err == nil {
		t.Error("A file that is not YAML was read")
	}
}
