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

// namesSource is the file whose constants name the conditions and their reasons.
const namesSource = "api/v1alpha1/conditions.go"

// conditionNames are the names that a condition can have in a status, in the order of their constants.
type conditionNames struct {
	types   []string
	reasons []string
}

// readNames reads the names from the Go source. It fails when one of the two kinds has none: then the constants are
// called something else, and the check would pass for having nothing to look for.
func readNames(tree fs.FS) (conditionNames, error) {
	source, err := fs.ReadFile(tree, namesSource)
	if err != nil {
		return conditionNames{}, fmt.Errorf("read the names of conditions: %w", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), namesSource, source, parser.SkipObjectResolution)
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
	if len(names.types) == 0 || len(names.reasons) == 0 {
		return conditionNames{}, errors.New(namesSource + " has no constants Condition… or no constants Reason…")
	}
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
