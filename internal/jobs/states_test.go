// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// apiStates are the values of all constants of the type JobState in api/v1alpha1, sorted.
func apiStates(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/states.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "JobState" {
			return false
		}
		for _, value := range spec.Values {
			literal, ok := value.(*ast.BasicLit)
			if !ok {
				t.Fatalf("expected %v to be a string", spec.Names)
			}
			state, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			states = append(states, state)
		}
		return false
	})
	slices.Sort(states)
	return states
}

// TestStatesAreThoseOfTheAPI ties the two lists of states to the constants of api/v1alpha1, of which this package knows
// nothing otherwise.
func TestStatesAreThoseOfTheAPI(t *testing.T) {
	var active, final []string
	for _, state := range apiStates(t) {
		if v1alpha1.JobState(state).IsFinal() {
			final = append(final, state)
		} else {
			active = append(active, state)
		}
	}
	if got := slices.Sorted(slices.Values(activeStates)); !slices.Equal(got, active) {
		t.Errorf("The active states are %q, those of the API %q", got, active)
	}
	if got := slices.Sorted(slices.Values(finalStates)); !slices.Equal(got, final) {
		t.Errorf("The final states are %q, those of the API %q", got, final)
	}
}
