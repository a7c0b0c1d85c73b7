// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// runningJob is a job that was observed since its spec changed last.
func runningJob() *VectaraJob {
	return &VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Generation: 2},
		Status:     VectaraJobStatus{ObservedGeneration: 2, State: JobStateStarted},
	}
}

func stalled(status metav1.ConditionStatus) func(*VectaraJob) {
	return func(job *VectaraJob) {
		job.Status.Conditions = []metav1.Condition{{Type: ConditionStalled, Status: status, ObservedGeneration: 2}}
	}
}

func TestOutcome(t *testing.T) {
	inState := func(state JobState) func(*VectaraJob) {
		return func(job *VectaraJob) { job.Status.State = state }
	}
	behind := func(job *VectaraJob) { job.Generation++ }
	for name, test := range map[string]struct {
		change []func(*VectaraJob)
		want   Outcome
	}{
		"a running job is open":                                     {nil, OutcomeOpen},
		"a queued job is open":                                      {[]func(*VectaraJob){inState(JobStateQueued)}, OutcomeOpen},
		"a job that is tried again is open":                         {[]func(*VectaraJob){inState(JobStateFailedWillRetry)}, OutcomeOpen},
		"a job without a state is open":                             {[]func(*VectaraJob){inState("")}, OutcomeOpen},
		"a job in a state that nobody knows is open":                {[]func(*VectaraJob){inState("completed_in_part")}, OutcomeOpen},
		"a completed job is completed":                              {[]func(*VectaraJob){inState(JobStateCompleted)}, OutcomeCompleted},
		"a failed job is failed":                                    {[]func(*VectaraJob){inState(JobStateFailed), stalled("True")}, OutcomeFailed},
		"an aborted job is aborted":                                 {[]func(*VectaraJob){inState(JobStateAborted), stalled("True")}, OutcomeAborted},
		"a stalled job that has not ended is blocked":               {[]func(*VectaraJob){stalled("True")}, OutcomeBlocked},
		"a stalled job that was never seen is blocked":              {[]func(*VectaraJob){inState(""), stalled("True")}, OutcomeBlocked},
		"a job whose condition Stalled is False is open":            {[]func(*VectaraJob){stalled("False")}, OutcomeOpen},
		"a stalled job whose spec was changed since is open":        {[]func(*VectaraJob){stalled("True"), behind}, OutcomeOpen},
		"a completed job stays completed when its spec is changed":  {[]func(*VectaraJob){inState(JobStateCompleted), behind}, OutcomeCompleted},
		"a failed job stays failed when its spec is changed":        {[]func(*VectaraJob){inState(JobStateFailed), stalled("True"), behind}, OutcomeFailed},
		"a new resource that nobody observed is open":               {[]func(*VectaraJob){func(job *VectaraJob) { job.Status = VectaraJobStatus{ObservedGeneration: -1} }}, OutcomeOpen},
		"a resource whose status the API server left out is open":   {[]func(*VectaraJob){func(job *VectaraJob) { job.Status = VectaraJobStatus{} }}, OutcomeOpen},
		"a stalled resource with a status of no generation is open": {[]func(*VectaraJob){stalled("True"), func(job *VectaraJob) { job.Status.ObservedGeneration = -1 }}, OutcomeOpen},
	} {
		t.Run(name, func(t *testing.T) {
			job := runningJob()
			for _, change := range test.change {
				change(job)
			}
			got := job.Outcome()
			if got != test.want {
				t.Errorf("The outcome is %s, want %s", got, test.want)
			}
			if got.IsFinal() != job.IsFinished() {
				t.Errorf("The outcome %s is final: %t, and the job is finished: %t", got, got.IsFinal(), job.IsFinished())
			}
		})
	}
}

func TestFinalOutcomes(t *testing.T) {
	for outcome, final := range map[Outcome]bool{
		OutcomeOpen: false, OutcomeBlocked: false, OutcomeCompleted: true, OutcomeFailed: true, OutcomeAborted: true,
		"": false, "Partial": false,
	} {
		if got := outcome.IsFinal(); got != final {
			t.Errorf("Outcome %q is final: %t, want %t", outcome, got, final)
		}
	}
}

func TestObserved(t *testing.T) {
	for name, test := range map[string]struct {
		generation, observed int64
		want                 bool
	}{
		"a new resource is not observed":                     {1, -1, false},
		"a resource is observed once status has caught up":   {3, 3, true},
		"a resource is not observed when spec runs ahead":    {3, 2, false},
		"a resource is not observed by a status of a future": {3, 4, false},
	} {
		t.Run(name, func(t *testing.T) {
			job := runningJob()
			job.Generation, job.Status.ObservedGeneration = test.generation, test.observed
			if got := job.IsObserved(); got != test.want {
				t.Errorf("Observed: %t, want %t", got, test.want)
			}
		})
	}
}

// TestEveryConstantSaysWhetherItIsFinal holds the convention that readers of the documentation rely on.
func TestEveryConstantSaysWhetherItIsFinal(t *testing.T) {
	for file, prefix := range map[string]string{"outcome.go": "Outcome", "states.go": "JobState"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatalf("Reading %s: %v", file, err)
		}
		checked := 0
		ast.Inspect(parsed, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) {
				return true
			}
			checked++
			value := strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
			final := Outcome(value).IsFinal() || JobState(value).IsFinal()
			doc := strings.ReplaceAll(spec.Doc.Text(), "\n", " ")
			if says := strings.Contains(doc, " Final."); says != final || strings.Contains(doc, " Transient") == final {
				t.Errorf("%s is final: %t, but its documentation is %q", spec.Names[0].Name, final, doc)
			}
			return true
		})
		if checked < 5 {
			t.Errorf("Only %d constants of %s were checked", checked, file)
		}
	}
}
