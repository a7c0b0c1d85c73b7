// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	v1alpha1ac "github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// TestStatusHasOneOwner holds that the API server keeps no owner for each field of status, which made writes slower, and that
// nobody takes a part of it from the operator unasked.
func TestStatusHasOneOwner(t *testing.T) {
	s := newSchemaScene(t)
	object := s.create("a", "job_a")
	before := object.DeepCopy()
	object.Status.State = v1alpha1.JobStateStarted
	object.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionSynced, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSynced, LastTransitionTime: metav1.Now(),
	}}
	s.must(admin.Status().Patch(s.ctx, object, client.MergeFrom(before), client.FieldOwner("operator")))
	for _, entry := range object.ManagedFields {
		if entry.Subresource == "status" && entry.FieldsV1.GetRawString() != `{"f:status":{}}` {
			t.Errorf("%s owns %s", entry.Manager, entry.FieldsV1.GetRawString())
		}
	}

	another := v1alpha1ac.VectaraJob("a", s.namespace).WithStatus(v1alpha1ac.VectaraJobStatus().WithConditions(
		metav1ac.Condition().WithType("Another").WithStatus(metav1.ConditionTrue).WithReason("R").WithMessage("").WithLastTransitionTime(metav1.Now())))
	if err := admin.Status().Apply(s.ctx, another, client.FieldOwner("another")); !apierrors.IsConflict(err) {
		t.Errorf("want a conflict, got %v", err)
	}
}
