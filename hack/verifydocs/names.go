// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
)

// The files whose constants name conditions and their reasons: those of every kind, and those of discoveries alone.
const (
	namesSource     = "api/v1alpha1/conditions.go"
	discoverySource = "api/v1alpha1/discovery.go"
)

// conditionNames are the names that a condition can have in a status, in the order of their constants.
type conditionNames struct {
	types   []string
	reasons []string
	// discovery are the reasons that only a discovery has.
	discovery []string
}

// readNames reads the names from the Go source. It fails when one of the kinds of names has none: then the constants are
// called something else, and the check would pass for having nothing to find.
func readNames(tree fs.FS) (conditionNames, error) {
	names, err := readConstants(tree, namesSource)
	if err != nil {
		return conditionNames{}, err
	}
	if len(names.types) == 0 || len(names.reasons) == 0 {
		return conditionNames{}, errors.New(namesSource + " has no constants Condition… or no constants Reason…")
	}
	discovery, err := readConstants(tree, discoverySource)
	if err != nil {
		return conditionNames{}, err
	}
	if len(discovery.reasons) == 0 {
		return conditionNames{}, errors.New(discoverySource + " has no constants Reason…")
	}
	names.discovery = discovery.reasons
	return names, nil
}

func readConstants(tree fs.FS, name string) (conditionNames, error) {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return conditionNames{}, fmt.Errorf("read the names of conditions: %w", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
	if err != nil {
		return conditionNames{}, fmt.Errorf("read the names of conditions: %w", err)
	}
	var names conditionNames
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			names.add(spec)
		}
		return true
	})
	return names, nil
}

func (n *conditionNames) add(spec *ast.ValueSpec) {
	for i, value := range spec.Values {
		literal, ok := value.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			continue
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			continue
		}
		switch constant := spec.Names[i].Name; {
		case strings.HasPrefix(constant, "Condition"):
			n.types = append(n.types, text)
		case strings.HasPrefix(constant, "Reason"):
			n.reasons = append(n.reasons, text)
		}
	}
}
