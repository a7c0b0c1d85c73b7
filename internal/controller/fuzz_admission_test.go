// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"os"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// admission does to an object what an API server does by the schema of its CRD, with the API server's own code.
type admission struct {
	schema *structural.Structural
	values validation.SchemaValidator
	rules  *cel.Validator
}

func newAdmission(t testing.TB, file string) *admission {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &crd); err != nil {
		t.Fatal(err)
	}
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(crd.Spec.Versions[0].Schema.OpenAPIV3Schema, &props, nil); err != nil {
		t.Fatal(err)
	}
	schema, err := structural.NewStructural(&props)
	if err != nil {
		t.Fatal(err)
	}
	values, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		t.Fatal(err)
	}
	rules := cel.NewValidator(schema, true, celconfig.PerCallLimit)
	if rules == nil {
		t.Fatal("the CRD has no CEL rules, so that this tests less than it seems to")
	}
	return &admission{schema: schema, values: values, rules: rules}
}

// refusals prunes an object, fills in its defaults, and says what is wrong with it; nothing if it is admitted.
func (a *admission) refusals(t testing.TB, object map[string]any) field.ErrorList {
	t.Helper()
	pruning.Prune(object, a.schema, true)
	defaulting.PruneNonNullableNullsWithoutDefaults(object, a.schema)
	defaulting.Default(object, a.schema)
	if errs := validation.ValidateCustomResource(nil, object, a.values); len(errs) > 0 {
		return errs // With the wrong types in it, the rules mean nothing.
	}
	errs := listtype.ValidateListSetsAndMaps(nil, a.schema, object)
	broken, _ := a.rules.Validate(t.Context(), nil, a.schema, object, nil, celconfig.RuntimeCELCostBudget)
	return append(errs, broken...)
}
