// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// checkWrites is I4, of writes: none changes nothing, and a fault that persists costs one.
func checkWrites(r *Record) []Violation {
	var violations []Violation
	for _, name := range r.objects() {
		versions := r.versionsOf(name)
		for i := 1; i < len(versions); i++ {
			before, after := versions[i-1].Object, versions[i].Object
			if before.UID == after.UID && gist(before) == gist(after) && equality.Semantic.DeepEqual(before.Annotations, after.Annotations) &&
				after.DeletionTimestamp.IsZero() {
				violations = append(violations, Violation{"I4", name, versions[i].At, "it was written, and nothing that counts has changed"})
			}
		}
	}
	for _, q := range r.Requests {
		if q.Side != API || q.Kind != KindStatus || q.Peer != http.StatusOK || !q.Complete {
			continue
		}
		var answer metav1.PartialObjectMetadata
		if json.Unmarshal(q.Response, &answer) != nil {
			continue // It was cut, or is not about JSON.
		}
		for _, v := range r.Versions {
			if v.Object.UID == answer.UID && v.Object.ResourceVersion == answer.ResourceVersion && v.At < q.Sent {
				violations = append(violations, Violation{"I4", q.Object, q.Sent, fmt.Sprintf("request %d wrote what was there already", q.Number)})
			}
		}
	}
	return violations
}

// gist is what a write is worth: all of status, but for the words and times of conditions.
func gist(object *v1alpha1.VectaraJob) string {
	status := object.Status
	text := fmt.Sprintf("%d %d %+v %s", object.Generation, status.ObservedGeneration, mirroredOf(status), status.LastHandledReconcileAt)
	for _, kind := range []string{v1alpha1.ConditionSynced, v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if c := meta.FindStatusCondition(status.Conditions, kind); c != nil {
			text += fmt.Sprintf(" %s=%s/%s(%d)", kind, c.Status, c.Reason, c.ObservedGeneration)
		}
	}
	return text
}

var statusCode = regexp.MustCompile(`HTTP \d+`)

// checkMessages is I4, of words: the same fault gives the same message, byte for byte. Whoever requested a poll is told of that one.
func checkMessages(r *Record) []Violation {
	var violations []Violation
	for _, name := range r.objects() {
		var before *metav1.Condition
		var handled string
		for _, v := range r.versionsOf(name) {
			now := meta.FindStatusCondition(v.Object.Status.Conditions, v1alpha1.ConditionSynced)
			if v.Object.Status.LastHandledReconcileAt != handled {
				before, handled = nil, v.Object.Status.LastHandledReconcileAt
			}
			if before != nil && now != nil && before.Reason == now.Reason && before.Message != now.Message &&
				statusCode.FindString(before.Message) == statusCode.FindString(now.Message) {
				violations = append(violations, Violation{"I4", name, v.At, fmt.Sprintf("the message of the same fault changed from %q to %q", before.Message, now.Message)})
			}
			before = now
		}
	}
	return violations
}

// condition is a condition of a version; nil if it has none.
func condition(v Version, kind string) *metav1.Condition {
	return meta.FindStatusCondition(v.Object.Status.Conditions, kind)
}

// until is when the version after number i came, or the end of the record.
func until(versions []Version, i int, end time.Duration) time.Duration {
	if i+1 < len(versions) {
		return versions[i+1].At
	}
	return end
}
