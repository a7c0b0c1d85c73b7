// SPDX-License-Identifier: Apache-2.0

// Package manifests splits YAML streams into Kubernetes objects, as far as one needs to know them to apply them.
package manifests

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Object is one document of a stream.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`

	// YAML is the document as it was read.
	YAML []byte `json:"-"`
}

// Group is the API group; the core group is "".
func (o Object) Group() string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}

// String names the object for a person.
func (o Object) String() string { return o.Kind + "/" + o.Metadata.Name }

// Split reads every document of a stream, without those that hold only comments. It fails on what is not YAML and on
// what is no mapping. Documents without apiVersion and kind are returned too: see IsObject.
func Split(stream []byte) ([]Object, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	var objects []Object
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("split YAML: %w", err)
		}
		var content map[string]any
		if err := yaml.Unmarshal(document, &content); err != nil {
			return nil, fmt.Errorf("parse YAML: %w", err)
		}
		if len(content) == 0 {
			continue
		}
		object := Object{YAML: document}
		if err := yaml.Unmarshal(document, &object); err != nil {
			return nil, fmt.Errorf("parse YAML: %w", err)
		}
		objects = append(objects, object)
	}
}

// IsObject says whether the document has what every Kubernetes object has: an API version and a kind.
func (o Object) IsObject() bool { return o.APIVersion != "" && o.Kind != "" }

// Join is the stream of the objects' documents.
func Join(objects []Object) []byte {
	var stream bytes.Buffer
	for _, object := range objects {
		stream.WriteString("---\n")
		stream.Write(object.YAML)
		stream.WriteString("\n")
	}
	return stream.Bytes()
}
