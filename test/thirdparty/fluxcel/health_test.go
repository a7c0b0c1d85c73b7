// SPDX-License-Identifier: Apache-2.0

package fluxcel

import (
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/runtime/cel"
)

// evaluate is what Flux makes of each object with the expressions of a Kustomization.
func evaluate(t *testing.T, kustomization string) map[string]status.Status {
	t.Helper()
	evaluator, err := cel.NewStatusEvaluator(expressions(t, kustomization))
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]status.Status{}
	for name, object := range objects(t) {
		result, err := evaluator.Evaluate(t.Context(), object)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		results[name] = result.Status
	}
	return results
}

func kstatusOf(t *testing.T, name string) status.Status {
	t.Helper()
	result, err := status.Compute(objects(t)[name])
	if err != nil {
		t.Fatal(err)
	}
	return result.Status
}

func TestExpressionsSayWhatKstatusSays(t *testing.T) {
	seen := map[status.Status]int{}
	for name, got := range evaluate(t, "reindex-cel") {
		seen[got]++
		if want := kstatusOf(t, name); got != want {
			t.Errorf("%s is %s by the expressions, %s by kstatus", name, got, want)
		}
	}
	for _, want := range []status.Status{status.CurrentStatus, status.FailedStatus, status.InProgressStatus} {
		if seen[want] == 0 {
			t.Errorf("no object is %s", want)
		}
	}
}

// TestPatientExpressionsFailOnlyWhenTheJobHas checks the variant that waits while a person has something to do.
func TestPatientExpressionsFailOnlyWhenTheJobHas(t *testing.T) {
	failed := map[string]bool{"failed": true, "aborted": true, "failed-then-503": true}
	for name, got := range evaluate(t, "reindex-patient") {
		want := kstatusOf(t, name)
		if want == status.FailedStatus && !failed[name] {
			want = status.InProgressStatus
		}
		if got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestGateNamesWhatItWaitsFor(t *testing.T) {
	gates := kustomizations(t)
	for _, name := range []string{"reindex", "reindex-named", "reindex-cel", "reindex-patient"} {
		gate, ok := gates[name]
		if !ok {
			t.Fatalf("there is no Kustomization %q", name)
		}
		if !gate.Spec.Wait && len(gate.Spec.HealthChecks) == 0 {
			t.Errorf("%q waits for nothing", name)
		}
		if gate.Spec.Timeout == nil {
			t.Errorf("%q has no timeout", name)
		}
	}
	later, ok := gates["search"]
	if !ok || len(later.Spec.DependsOn) != 1 || later.Spec.DependsOn[0].Name != "reindex" {
		t.Errorf("the Kustomization search depends on %+v", later.Spec.DependsOn)
	}
}
