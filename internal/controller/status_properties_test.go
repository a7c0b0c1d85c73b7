// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// TestTheSameResultAgainChangesNothing is what "a job that is polled for an hour costs no writes" rests on.
func TestTheSameResultAgainChangesNothing(t *testing.T) {
	for _, step := range allTransitions() {
		t.Run(step.name, func(t *testing.T) {
			stored := asStored(t, step.object, statusAfter(step.object, step.found, noon))
			again := step.found
			if again.observation != nil && !again.observation.Asked.IsZero() {
				o := *again.observation
				o.Asked, o.Answered = o.Asked.Add(7300*time.Millisecond), o.Answered.Add(7300*time.Millisecond)
				again.observation = &o
			}
			if next := statusAfter(stored, again, noon.Add(7300*time.Millisecond)); !equality.Semantic.DeepEqual(next, stored.Status) {
				t.Errorf("The same result changed the status from %+v to %+v", stored.Status, next)
			}
		})
	}
}

func TestDecidingLeavesTheObjectAlone(t *testing.T) {
	for _, step := range allTransitions() {
		t.Run(step.name, func(t *testing.T) {
			before := step.object.DeepCopy()
			statusAfter(step.object, step.found, noon)
			if !equality.Semantic.DeepEqual(step.object, before) {
				t.Errorf("decide changed its argument from %+v to %+v", before, step.object)
			}
		})
	}
}

func TestEveryStatusIsWellFormed(t *testing.T) {
	for _, step := range allTransitions() {
		t.Run(step.name, func(t *testing.T) {
			object := step.object.DeepCopy()
			object.Generation = 5
			withRequestedAt("now")(object)
			next := statusAfter(object, step.found, noon)
			if meta.IsStatusConditionTrue(next.Conditions, v1alpha1.ConditionReconciling) &&
				meta.IsStatusConditionTrue(next.Conditions, v1alpha1.ConditionStalled) {
				t.Error("Reconciling and Stalled are both there")
			}
			for _, c := range next.Conditions {
				if c.ObservedGeneration != 5 {
					t.Errorf("%s carries generation %d, want 5", c.Type, c.ObservedGeneration)
				}
				if c.Message == "" || c.LastTransitionTime.IsZero() {
					t.Errorf("%s lacks a message or a time: %+v", c.Type, c)
				}
			}
		})
	}
}

// kstatusOf is what Flux, Argo CD and kubectl plugins make of an object.
func kstatusOf(t *testing.T, object *v1alpha1.VectaraJob) status.Status {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatalf("Converting the object: %v", err)
	}
	converted := &unstructured.Unstructured{Object: content}
	converted.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(v1alpha1.VectaraJobKind))
	result, err := status.Compute(converted)
	if err != nil {
		t.Fatalf("kstatus: %v", err)
	}
	return result.Status
}

func TestKstatusReadsEveryStatusRight(t *testing.T) {
	for _, step := range allTransitions() {
		t.Run(step.name, func(t *testing.T) {
			next := statusAfter(step.object, step.found, noon)
			want := status.CurrentStatus
			switch {
			case meta.IsStatusConditionTrue(next.Conditions, v1alpha1.ConditionStalled):
				want = status.FailedStatus
			case next.State != v1alpha1.JobStateCompleted:
				want = status.InProgressStatus
			}
			if got := kstatusOf(t, asStored(t, step.object, next)); got != want {
				t.Errorf("kstatus is %s, want %s for %q", got, want, summary(next))
			}
		})
	}
}

func TestKstatusWaitsForTheOperator(t *testing.T) {
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
	}{
		{"an object that the operator has not reconciled yet", job()},
		{"a completed job whose new generation the operator has not reconciled yet", job(withState("completed"), withGeneration(2))},
		{"a refused job whose new generation the operator has not reconciled yet", job(withNoCredentials(credentialsNotFound(testNamespace, testSecret)), withGeneration(2))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := kstatusOf(t, test.object); got != status.InProgressStatus {
				t.Errorf("kstatus is %s, want %s", got, status.InProgressStatus)
			}
		})
	}
}

// TestEveryConditionIsDocumented holds the documentation of the condition types to what the operator writes.
func TestEveryConditionIsDocumented(t *testing.T) {
	documented := documentedConditions(t)
	for _, step := range allTransitions() {
		for _, line := range summary(statusAfter(step.object, step.found, noon)) {
			if !documented[line] {
				t.Errorf("%s: the documentation of the condition does not list %q", step.name, line)
			}
		}
	}
}

var (
	statusParagraph = regexp.MustCompile(`(?s)\b(True|False|Unknown): (.*?)(?:\n\n|$)`)
	reasonName      = regexp.MustCompile(`\bReason(\w+)`)
)

// documentedConditions reads, from the godoc of the condition types, each "Type Status Reason" that may occur.
func documentedConditions(t *testing.T) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/conditions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatalf("Reading the API package: %v", err)
	}
	documented := map[string]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		kind, ok := conditionTypes[spec.Names[0].Name]
		if !ok {
			return true
		}
		for _, paragraph := range statusParagraph.FindAllStringSubmatch(spec.Doc.Text(), -1) {
			for _, reason := range reasonName.FindAllStringSubmatch(paragraph[2], -1) {
				documented[kind+" "+paragraph[1]+" "+reason[1]] = true
			}
		}
		return true
	})
	return documented
}

var conditionTypes = map[string]string{
	"ConditionSynced":      v1alpha1.ConditionSynced,
	"ConditionReady":       v1alpha1.ConditionReady,
	"ConditionReconciling": v1alpha1.ConditionReconciling,
	"ConditionStalled":     v1alpha1.ConditionStalled,
}
