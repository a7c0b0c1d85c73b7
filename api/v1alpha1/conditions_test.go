// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// constantsOf is the constants of conditions.go whose names start with prefix: by name, what they hold and how they are
// documented.
func constantsOf(t *testing.T, prefix string) (values, docs map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "conditions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatalf("Reading conditions.go: %v", err)
	}
	values, docs = map[string]string{}, map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		name := spec.Names[0].Name
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("%s is not a literal", name)
		}
		if values[name], err = strconv.Unquote(literal.Value); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		docs[name] = spec.Doc.Text()
		return true
	})
	if len(values) == 0 {
		t.Fatalf("There is no constant %s…", prefix)
	}
	return values, docs
}

func TestConditionsAndReasonsAreDocumentedUnderTheirNames(t *testing.T) {
	for _, prefix := range []string{"Condition", "Reason"} {
		values, docs := constantsOf(t, prefix)
		for name, value := range values {
			if !strings.HasPrefix(docs[name], name+" ") {
				t.Errorf("The documentation of %s is %q: expected it to start with the name", name, docs[name])
			}
			if name != prefix+value {
				t.Errorf("%s is %q: expected the same word", name, value)
			}
		}
	}
}

func TestConditionsSayWhenTheyAreWhat(t *testing.T) {
	values, docs := constantsOf(t, "Condition")
	for name, value := range values {
		statuses := []string{"True"}
		if value == ConditionSynced || value == ConditionReady {
			statuses = append(statuses, "False", "Unknown") // The others are there only while True.
		}
		for _, status := range statuses {
			if !strings.Contains(docs[name], "\n"+status+": ") {
				t.Errorf("The documentation of %s does not say when it is %s", name, status)
			}
		}
	}
}

func TestReasonsAndConditionsKnowEachOther(t *testing.T) {
	word := regexp.MustCompile(`\bReason\w+`)
	listed := map[string]bool{}
	_, conditions := constantsOf(t, "Condition")
	for _, doc := range conditions {
		for _, reason := range word.FindAllString(doc, -1) {
			listed[reason] = true
		}
	}
	reasons, _ := constantsOf(t, "Reason")
	for reason := range reasons {
		if !listed[reason] {
			t.Errorf("No condition lists %s", reason)
		}
		delete(listed, reason)
	}
	for reason := range listed {
		t.Errorf("A condition lists %s, which does not exist", reason)
	}
}
