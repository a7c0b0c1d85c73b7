// SPDX-License-Identifier: Apache-2.0

package outcome_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// running is a job that is under way.
func running() *v1alpha1.VectaraJob {
	return &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Generation: 2},
		Status:     v1alpha1.VectaraJobStatus{ObservedGeneration: 2, State: v1alpha1.JobStateStarted},
	}
}

func stalled(generation int64) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) {
		job.Status.ObservedGeneration = generation
		job.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, ObservedGeneration: generation,
		}}
	}
}

func inState(state v1alpha1.JobState) func(*v1alpha1.VectaraJob) {
	return func(job *v1alpha1.VectaraJob) { job.Status.State = state }
}

func suspended(job *v1alpha1.VectaraJob) { job.Spec.Suspend = ptr.To(true) }

func TestOf(t *testing.T) {
	for name, test := range map[string]struct {
		change []func(*v1alpha1.VectaraJob)
		want   outcome.Outcome
	}{
		"a job that runs is open":                              {nil, outcome.Open},
		"a state that nobody knows is open":                    {[]func(*v1alpha1.VectaraJob){inState("pondering")}, outcome.Open},
		"a job that completed":                                 {[]func(*v1alpha1.VectaraJob){inState("completed")}, outcome.Completed},
		"a job that failed, which is stalled too":              {[]func(*v1alpha1.VectaraJob){inState("failed"), stalled(2)}, outcome.Failed},
		"a job that was aborted":                               {[]func(*v1alpha1.VectaraJob){inState("aborted"), stalled(2)}, outcome.Aborted},
		"a job that is stalled is blocked":                     {[]func(*v1alpha1.VectaraJob){stalled(2)}, outcome.Blocked},
		"what was stalled before spec was changed is open":     {[]func(*v1alpha1.VectaraJob){stalled(1)}, outcome.Open},
		"a job that is suspended is blocked":                   {[]func(*v1alpha1.VectaraJob){suspended}, outcome.Blocked},
		"a job that completed and is suspended completed":      {[]func(*v1alpha1.VectaraJob){suspended, inState("completed")}, outcome.Completed},
		"a job that completed before spec was changed is done": {[]func(*v1alpha1.VectaraJob){stalled(1), inState("completed")}, outcome.Completed},
	} {
		t.Run(name, func(t *testing.T) {
			job := running()
			for _, change := range test.change {
				change(job)
			}
			if got := outcome.Of(job); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestWorst(t *testing.T) {
	all := []outcome.Outcome{
		outcome.Completed, outcome.TimedOut, outcome.Blocked, outcome.Deleted, outcome.Aborted, outcome.Failed,
	}
	for i := range all {
		if got := outcome.Worst(all[:i+1]...); got != all[i] {
			t.Errorf("the worst of %v is %v, want %v", all[:i+1], got, all[i])
		}
		if got := outcome.Worst(all[i], outcome.Completed); got != all[i] {
			t.Errorf("the worst of %v and completed is %v", all[i], got)
		}
	}
	if got := outcome.Worst(); got != outcome.Completed {
		t.Errorf("the worst of none is %v", got)
	}
}
