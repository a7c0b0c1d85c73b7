// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

func TestShareIsThatOfTheMedianRound(t *testing.T) {
	for name, test := range map[string]struct {
		with, without []time.Duration
		want          float64
	}{
		"one round":                           {[]time.Duration{4}, []time.Duration{3}, 0.25},
		"an even number of rounds":            {[]time.Duration{4, 4}, []time.Duration{3, 2}, 0.375},
		"a round that something else slowed":  {[]time.Duration{4, 4, 400}, []time.Duration{3, 3, 3}, 0.25},
		"a schema that makes a write quicker": {[]time.Duration{4}, []time.Duration{5}, -0.25},
	} {
		t.Run(name, func(t *testing.T) {
			if got := share("", test.with, test.without).Value; got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestCopyWithoutSchemaAdmitsEverythingAndKeepsTheRest(t *testing.T) {
	crd := &apiextensionsv1.CustomResourceDefinition{Spec: apiextensionsv1.CustomResourceDefinitionSpec{
		Group: "jobs.vectara.io",
		Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: "vectarajobs", Kind: "VectaraJob", ShortNames: []string{"vj"}},
		Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
			Name:             "v1alpha1",
			Subresources:     &apiextensionsv1.CustomResourceSubresources{Status: &apiextensionsv1.CustomResourceSubresourceStatus{}},
			SelectableFields: []apiextensionsv1.SelectableField{{JSONPath: ".spec.jobID"}},
			Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
				Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": {Type: "object"}},
			}},
		}},
	}}
	copied := copyWithoutSchema(crd)
	version := copied.Spec.Versions[0]
	if schema := version.Schema.OpenAPIV3Schema; schema.Properties != nil || schema.XPreserveUnknownFields == nil || !*schema.XPreserveUnknownFields {
		t.Errorf("it has the schema %+v", schema)
	}
	if copied.Name != "vectarajobs.schemaless.vectara.io" || len(copied.Spec.Names.ShortNames) > 0 || len(version.SelectableFields) > 0 {
		t.Errorf("it would clash with the other: %+v", copied)
	}
	if version.Subresources == nil || version.Subresources.Status == nil {
		t.Error("its status is no subresource")
	}
	if crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties == nil {
		t.Error("the other has lost its schema")
	}
}
