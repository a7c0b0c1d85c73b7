// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestFinalStates(t *testing.T) {
	for state, final := range map[JobState]bool{
		JobStateUnknown:         false,
		JobStateQueued:          false,
		JobStateStarted:         false,
		JobStateFailedWillRetry: false,
		JobStateCompleted:       true,
		JobStateFailed:          true,
		JobStateAborted:         true,
		"":                      false,
		"paused_by_admin":       false,
		"Completed":             false,
		"completed_in_part":     false,
	} {
		if got := state.IsFinal(); got != final {
			t.Errorf("State %q is final: %t, want %t", state, got, final)
		}
		job := &VectaraJob{Status: VectaraJobStatus{State: state}}
		if got := job.IsFinished(); got != final {
			t.Errorf("A job in state %q is finished: %t, want %t", state, got, final)
		}
	}
}

func TestSeenIsWhatVectaraAnsweredOf(t *testing.T) {
	job := &VectaraJob{Status: VectaraJobStatus{ObservedGeneration: 1}}
	if job.IsSeen() {
		t.Error("A job without lastTransitionTime is seen")
	}
	job.Status.LastTransitionTime = &metav1.Time{}
	if !job.IsSeen() {
		t.Error("A job with lastTransitionTime, and no state, is not seen")
	}
}

func TestSuspendedIsWhatSaysSo(t *testing.T) {
	yes, no := true, false
	for _, test := range []struct {
		name    string
		suspend *bool
		want    bool
	}{
		{"an absent field does not suspend", nil, false},
		{"false does not suspend", &no, false},
		{"true suspends", &yes, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			job := &VectaraJob{Spec: VectaraJobSpec{Suspend: test.suspend}}
			if got := job.IsSuspended(); got != test.want {
				t.Errorf("Suspended: %t, want %t", got, test.want)
			}
		})
	}
}

func TestConditionsAreReadAndSet(t *testing.T) {
	job := &VectaraJob{}
	if got := job.GetConditions(); len(got) != 0 {
		t.Errorf("A new job has the conditions %v", got)
	}
	job.SetConditions([]metav1.Condition{{Type: ConditionReady}})
	if got := job.GetConditions(); len(got) != 1 || got[0].Type != ConditionReady || job.Status.Conditions[0].Type != ConditionReady {
		t.Errorf("The conditions are %v, want Ready", got)
	}
}
