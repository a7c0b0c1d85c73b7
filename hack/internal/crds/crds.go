// SPDX-License-Identifier: Apache-2.0

// Package crds reads from the project's CustomResourceDefinitions what its documentation has to say of them.
package crds

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Kind is one version of a CustomResourceDefinition.
type Kind struct {
	// Name is the kind, such as VectaraJob.
	Name string
	// Fields are those of spec and status, spec and status included, and of what is below them: in the order of their
	// paths. Conditions end there: what is in a condition is documented with Kubernetes.
	Fields []Field
}

// Field is a property of a kind.
type Field struct {
	Schema

	// Path is such as .spec.secretRef.name. What is in the elements of a list has [] in its path.
	Path string
}

// Schema is what this package reads of a field's OpenAPI schema.
type Schema struct {
	Description string            `json:"description"`
	Default     any               `json:"default"`
	Minimum     *int64            `json:"minimum"`
	Maximum     *int64            `json:"maximum"`
	MinLength   *int64            `json:"minLength"`
	MaxLength   *int64            `json:"maxLength"`
	MinItems    *int64            `json:"minItems"`
	MaxItems    *int64            `json:"maxItems"`
	Validations []Validation      `json:"x-kubernetes-validations"`
	Properties  map[string]Schema `json:"properties"`
	Items       *Schema           `json:"items"`
}

// Validation is a rule in the Common Expression Language.
type Validation struct {
	Rule string `json:"rule"`
}

// documentedElsewhere come with Kubernetes, and are described there.
var documentedElsewhere = []string{".apiVersion", ".kind", ".metadata", ".status.conditions[]"}

// Read reads all kinds from config/crd/bases, in the order of the files. The tree is the project's.
func Read(tree fs.FS) ([]Kind, error) {
	files, err := fs.Glob(tree, "config/crd/bases/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list CRDs: %w", err)
	}
	var kinds []Kind
	for _, file := range files {
		content, err := fs.ReadFile(tree, file)
		if err != nil {
			return nil, fmt.Errorf("read CRD: %w", err)
		}
		more, err := parse(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		kinds = append(kinds, more...)
	}
	return kinds, nil
}

func parse(content []byte) ([]Kind, error) {
	var crd struct {
		Spec struct {
			Names struct {
				Kind string `json:"kind"`
			} `json:"names"`
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema Schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(content, &crd); err != nil {
		return nil, fmt.Errorf("parse CRD: %w", err)
	}
	var kinds []Kind
	for _, version := range crd.Spec.Versions {
		fields := below("", version.Schema.OpenAPIV3Schema)
		slices.SortFunc(fields, func(a, b Field) int { return strings.Compare(a.Path, b.Path) })
		kinds = append(kinds, Kind{Name: crd.Spec.Names.Kind, Fields: fields})
	}
	return kinds, nil
}

// below are the fields under a path.
func below(path string, schema Schema) []Field {
	if slices.Contains(documentedElsewhere, path) {
		return nil
	}
	var fields []Field
	for name, property := range schema.Properties {
		field := Field{Schema: property, Path: path + "." + name}
		if slices.Contains(documentedElsewhere, field.Path) {
			continue
		}
		fields = append(fields, field)
		fields = append(fields, below(field.Path, property)...)
	}
	if schema.Items != nil {
		fields = append(fields, below(path+"[]", *schema.Items)...)
	}
	return fields
}
