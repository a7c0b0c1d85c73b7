// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// field is a field of spec or status, with its path below that.
type field struct{ path, name, description string }

// fields are those of an object and of the objects in it. Lists and maps have none of their own.
func fields(schema apiextensionsv1.JSONSchemaProps, prefix string) []field {
	var all []field
	for _, name := range sortedKeys(schema.Properties) {
		property := schema.Properties[name]
		path := prefix + name
		all = append(all, field{path, name, strings.Join(strings.Fields(property.Description), " ")})
		all = append(all, fields(property, path+".")...)
	}
	return all
}

// title makes words of a field's or a kind's name: jobID becomes "Job ID", VectaraJob "Vectara Job".
func title(name string) string {
	var words strings.Builder
	var before rune
	for i, letter := range name {
		if i == 0 {
			letter = unicode.ToUpper(letter)
		} else if unicode.IsUpper(letter) && !unicode.IsUpper(before) {
			words.WriteByte(' ')
		}
		words.WriteRune(letter)
		before = letter
	}
	return words.String()
}

// readExamples returns the samples of our kinds as a list in JSON, those with the least in them first: consoles offer the first
// of a kind as a form to fill in.
func readExamples(folder string) (string, error) {
	names, err := filepath.Glob(filepath.Join(folder, "vectarajob*.yaml"))
	if err != nil {
		return "", err
	}
	var examples []any
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		var example map[string]any
		if err := yaml.UnmarshalStrict(text, &example); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		examples = append(examples, example)
	}
	text, err := json.MarshalIndent(examples, "", "  ")
	return string(text), err
}
