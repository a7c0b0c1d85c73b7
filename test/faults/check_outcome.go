// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// checkOutcome is I2, of conditions: the outcome of a job that has ended stays, whatever happens to a recheck; and I5: once a
// job is seen again, no condition says anything else than its state.
func checkOutcome(r *Record) []Violation {
	var violations []Violation
	for _, v := range r.Versions {
		ready, synced := condition(v, v1alpha1.ConditionReady), condition(v, v1alpha1.ConditionSynced)
		if v.Deleted || ready == nil || synced == nil {
			continue
		}
		state := v.Object.Status.State
		completed := state == v1alpha1.JobStateCompleted
		if state.IsFinal() && completed != (ready.Status == metav1.ConditionTrue) {
			violations = append(violations, Violation{"I2", v.Object.Name, v.At, fmt.Sprintf("its job is %q, and Ready is %s: %s", state, ready.Status, ready.Reason)})
		}
		if stalled := condition(v, v1alpha1.ConditionStalled); stalled != nil && synced.Status == metav1.ConditionTrue && (completed || !state.IsFinal()) {
			violations = append(violations, Violation{"I5", v.Object.Name, v.At, fmt.Sprintf("its job is %q, and Stalled still says %s", state, stalled.Reason)})
		}
	}
	return violations
}

// checkRechecks is I3, of rechecks: a poll that was requested is made once by each process.
func checkRechecks(r *Record) []Violation {
	var violations []Violation
	for _, name := range r.objects() {
		versions := r.versionsOf(name)
		if len(versions) == 0 {
			continue
		}
		id, credentials := versions[0].Object.Spec.JobID, r.credentialsOf(versions[0].Object.Spec.SecretRef.Name, r.Ended)
		asked := 0
		for _, a := range r.Asked {
			if a.Object == name {
				asked++
			}
		}
		ended := time.Duration(-1)
		for _, v := range versions {
			if mirroredOf(v.Object.Status).isFinal() {
				ended = v.At
				break
			}
		}
		polls := map[int]int{} // of each process
		for _, q := range r.vectara() {
			if ended < 0 || q.Kind != KindGet || q.JobID != id || q.Sent < ended+endNoticed || !slices.Contains(credentials, q.Credential) {
				continue
			}
			polls[q.Process]++
			if polls[q.Process] == asked+2 && asked > 0 {
				violations = append(violations, Violation{"I3", name, q.Sent, fmt.Sprintf("its job had ended, %d polls were requested, and request %d is one too many", asked, q.Number)})
			}
		}
	}
	return violations
}

// apiFailed reports whether the manager may have heard late of what happened to objects and Secrets.
func (r *Record) apiFailed() bool {
	return len(r.Processes) > 1 || slices.ContainsFunc(r.Requests, func(q *Request) bool { return q.Side == API && q.Fault != nil })
}

// checkDeleted is I3, of objects: the job of an object that is gone is polled no more.
func checkDeleted(r *Record) []Violation {
	if r.apiFailed() {
		return nil
	}
	var violations []Violation
	for _, v := range r.Versions {
		if !v.Deleted || slices.ContainsFunc(r.Versions, func(other Version) bool {
			return other.Object.UID != v.Object.UID && other.Object.Spec.JobID == v.Object.Spec.JobID
		}) {
			continue
		}
		for _, q := range r.vectara() {
			if q.Kind == KindGet && q.JobID == v.Object.Spec.JobID && q.Sent-r.stalled(v.At, q.Sent) > v.At+slack {
				violations = append(violations, Violation{"I3", v.Object.Name, q.Sent, fmt.Sprintf("it was deleted at %v, and its job was polled (request %d)", v.At, q.Number)})
				break
			}
		}
	}
	return violations
}

// checkFormer is I6, of rotation: credentials that no Secret holds any more are sent to nobody.
func checkFormer(r *Record) []Violation {
	if r.apiFailed() {
		return nil
	}
	var violations []Violation
	for i, former := range r.Credentials {
		at := slices.IndexFunc(r.Credentials[i+1:], func(c Credentials) bool { return c.Secret == former.Secret })
		if at < 0 {
			continue
		}
		replaced := r.Credentials[i+1+at].From
		for _, q := range r.vectara() {
			if q.Credential == former.Name && q.Sent-r.stalled(replaced, q.Sent) > replaced+slack {
				violations = append(violations, Violation{"I6", q.JobID, q.Sent, fmt.Sprintf("request %d has the %s key, which was replaced at %v", q.Number, former.Name, replaced)})
				break
			}
		}
	}
	return violations
}
