// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

func TestRequestsAreAcknowledged(t *testing.T) {
	for _, test := range []struct {
		name           string
		object         *v1alpha1.VectaraJob
		found          gathered
		wantGeneration int64
		wantHandled    string
	}{
		{"an answer acknowledges the request that it was made for", job(), requested(answer("started"), 3, "now"), 3, "now"},
		{"so does a fault", job(), requested(failure(apiFault(jobs.NotFound)), 3, "now"), 3, "now"},
		{"no request keeps the last one", job(withRequestedAt("then"), withState("started")), requested(answer("started"), 1, ""), 1, "then"},
		{"with nothing to poll only the generation is acknowledged", job(withState("completed"), withGeneration(4)), gathered{}, 4, ""},
		{"before the first poll nothing is", job(withGeneration(4), withRequestedAt("now")), gathered{}, -1, ""},
		{"without credentials the generation is, and the request stays pending", job(withGeneration(4), withRequestedAt("now")), withoutPoll(credentialsNotFound(testNamespace, testSecret)), 4, ""},
		{"when a poll is overdue the generation is, and the request stays pending", job(withGeneration(4), withRequestedAt("now")), unpolled(apiFault(jobs.RateLimited)), 4, ""},
		{"an observation for an older request takes nothing back", job(withState("started"), withGeneration(4), withNoCredentials(credentialsNotFound(testNamespace, testSecret))), requested(answer("started"), 3, ""), 4, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			next := statusAfter(test.object, test.found, noon)
			if next.ObservedGeneration != test.wantGeneration || next.LastHandledReconcileAt != test.wantHandled {
				t.Errorf("Acknowledged generation %d and request %q, want %d and %q",
					next.ObservedGeneration, next.LastHandledReconcileAt, test.wantGeneration, test.wantHandled)
			}
			for _, c := range next.Conditions {
				if c.ObservedGeneration != test.wantGeneration {
					t.Errorf("%s carries generation %d, want %d", c.Type, c.ObservedGeneration, test.wantGeneration)
				}
			}
		})
	}
}

func TestAcknowledgingLeavesTheRestAsItIs(t *testing.T) {
	for _, before := range histories {
		if !before.finished {
			continue
		}
		t.Run(before.name, func(t *testing.T) {
			object := before.object()
			object.Annotations, object.Generation = nil, 2
			next := statusAfter(object, gathered{}, noon)
			want := object.Status.DeepCopy()
			want.ObservedGeneration = 2
			for i := range want.Conditions {
				want.Conditions[i].ObservedGeneration = 2
			}
			if !equality.Semantic.DeepEqual(next, *want) {
				t.Errorf("Status is %+v, want %+v", next, *want)
			}
		})
	}
}

// TestNothingIsAcknowledgedBeforeAnythingWasObserved has somebody else restore conditions before the operator saw the object: the
// generation -1 does not fit into them.
func TestNothingIsAcknowledgedBeforeAnythingWasObserved(t *testing.T) {
	object := job(withState("started"))
	object.Status.ObservedGeneration = -1
	if next := statusAfter(object, gathered{}, noon); !equality.Semantic.DeepEqual(next, object.Status) {
		t.Errorf("Status became %+v, want it as it was, %+v", next, object.Status)
	}
}

func TestConditionsOfOthersAreKept(t *testing.T) {
	foreign := metav1.Condition{
		Type: "example.com/Audited", Status: metav1.ConditionTrue, Reason: "Auditor", Message: "Seen by audit.",
		ObservedGeneration: 7, LastTransitionTime: *timestamp(noon.Add(-time.Hour)),
	}
	for _, step := range allTransitions() {
		t.Run(step.name, func(t *testing.T) {
			step.object.Status.Conditions = append(step.object.Status.Conditions, foreign)
			next := statusAfter(step.object, step.found, noon)
			if got := meta.FindStatusCondition(next.Conditions, foreign.Type); got == nil || !equality.Semantic.DeepEqual(*got, foreign) {
				t.Errorf("The condition of somebody else is %+v, want %+v", got, foreign)
			}
		})
	}
}

func TestConditionsOfOthersMakeRoom(t *testing.T) {
	for _, step := range allTransitions() {
		t.Run(step.name, func(t *testing.T) {
			full := othersConditions(maxConditions)
			want := statusAfter(step.object, step.found, noon)
			step.object.Status.Conditions = append(full, step.object.Status.Conditions...)
			next := statusAfter(step.object, step.found, noon)
			if len(next.Conditions) > maxConditions {
				t.Errorf("There are %d conditions, want at most %d", len(next.Conditions), maxConditions)
			}
			ours := slices.DeleteFunc(summary(next), func(line string) bool { return strings.HasPrefix(line, "example.com/") })
			if !slices.Equal(ours, summary(want)) {
				t.Errorf("The operator's conditions are %q, want %q", ours, summary(want))
			}
			if next.Conditions[0].Type != full[0].Type {
				t.Errorf("The first condition is now %s", next.Conditions[0].Type)
			}
		})
	}
}
