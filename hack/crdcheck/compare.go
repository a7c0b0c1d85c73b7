// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/crdify/pkg/config"
	"sigs.k8s.io/crdify/pkg/runner"
	"sigs.k8s.io/crdify/pkg/validations"
	"sigs.k8s.io/yaml"
)

// finding is one difference that may break somebody.
type finding struct {
	crd      string // its name, such as vectarajobs.jobs.vectara.io
	property string // its path, such as ^.spec.jobID; empty if the whole CRD is meant
	check    string // crdify's name of it
	message  string
}

// compareFolders compares each CRD of a release with its present form.
func compareFolders(previous, present string) ([]finding, error) {
	before, err := readCRDs(previous)
	if err != nil {
		return nil, err
	}
	now, err := readCRDs(present)
	if err != nil {
		return nil, err
	}
	compare, err := comparison()
	if err != nil {
		return nil, err
	}
	var findings []finding
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if now[name] == nil {
			findings = append(findings, finding{crd: name, check: "removed", message: "the CRD is gone"})
			continue
		}
		findings = append(findings, missing(before[name], now[name])...)
		results := compare.Run(before[name], now[name])
		findings = append(findings, errorsOf(name, "", results.CRDValidation)...)
		for _, versions := range []map[string]map[string][]validations.ComparisonResult{
			results.SameVersionValidation, results.ServedVersionValidation,
		} {
			for _, properties := range versions {
				for property, result := range properties {
					findings = append(findings, errorsOf(name, property, result)...)
				}
			}
		}
	}
	slices.SortFunc(findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.crd, b.crd), cmp.Compare(a.property, b.property), cmp.Compare(a.check, b.check), cmp.Compare(a.message, b.message))
	})
	return findings, nil
}

// missing finds what crdify does not look at: versions that are no longer served, and fields that can no longer be selected by.
func missing(before, now *apiextensionsv1.CustomResourceDefinition) []finding {
	var findings []finding
	for _, old := range before.Spec.Versions {
		i := slices.IndexFunc(now.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool { return v.Name == old.Name })
		if i < 0 || old.Served && !now.Spec.Versions[i].Served {
			findings = append(findings, finding{crd: before.Name, check: "served", message: old.Name + " is no longer served"})
			continue
		}
		for _, field := range old.SelectableFields {
			if !slices.Contains(now.Spec.Versions[i].SelectableFields, field) {
				findings = append(findings, finding{crd: before.Name, property: "^" + field.JSONPath, check: "selectable", message: "it can no longer be selected by"})
			}
		}
	}
	return findings
}

// comparison is crdify with everything an error that can be one. What changes no behaviour is left out: descriptions.
func comparison() (*runner.Runner, error) {
	return runner.New(&config.Config{
		Validations:          []config.ValidationConfig{{Name: "description", Enforcement: config.EnforcementPolicyNone}},
		UnhandledEnforcement: config.EnforcementPolicyError,
		Conversion:           config.ConversionPolicyNone,
	}, runner.DefaultRegistry())
}

func errorsOf(crd, property string, results []validations.ComparisonResult) []finding {
	var findings []finding
	for _, result := range results {
		for _, message := range result.Errors {
			findings = append(findings, finding{crd: crd, property: property, check: result.Name, message: message})
		}
	}
	return findings
}

// readCRDs reads a folder of files with one CRD each.
func readCRDs(folder string) (map[string]*apiextensionsv1.CustomResourceDefinition, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no CRDs in %s", folder)
	}
	crds := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal(data, crd); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		crds[crd.Name] = crd
	}
	return crds, nil
}
