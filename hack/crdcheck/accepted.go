// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

// accepted is a difference that is deliberate, or several that have the same reason.
type accepted struct {
	// CRD is the name of the CRD. Properties are paths, as crdify writes them.
	CRD        string
	Properties []string
	// Check is crdify's name of what it found.
	Check string
	// Reason is why the difference breaks nobody, or why it does and is there nevertheless.
	Reason string
}

// readAccepted reads the list, in which every entry must be whole.
func readAccepted(file string) ([]accepted, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []accepted
	if err := yaml.UnmarshalStrict(data, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, entry := range list {
		if entry.CRD == "" || len(entry.Properties) == 0 || entry.Check == "" || strings.TrimSpace(entry.Reason) == "" {
			return nil, fmt.Errorf("%s: entry %d: expected crd, properties, check and reason", file, i+1)
		}
	}
	return list, nil
}

// judge returns an error for each difference that is not in the list, and for each entry of the list that is not needed.
func judge(findings []finding, list []accepted) error {
	var problems []error
	used := map[string]bool{}
	for _, found := range findings {
		ok := false
		for _, entry := range list {
			for _, property := range entry.Properties {
				if entry.CRD == found.crd && entry.Check == found.check && property == found.property {
					ok = true
					used[key(entry, property)] = true
				}
			}
		}
		if !ok {
			problems = append(problems, fmt.Errorf("%s %s: %s: %s", found.crd, found.property, found.check, found.message))
		}
	}
	for _, entry := range list {
		for _, property := range entry.Properties {
			if !used[key(entry, property)] {
				problems = append(problems, fmt.Errorf("%s %s: %s: accepted, but there is no such difference", entry.CRD, property, entry.Check))
			}
		}
	}
	return errors.Join(problems...)
}

func key(entry accepted, property string) string {
	return entry.CRD + " " + property + " " + entry.Check
}
