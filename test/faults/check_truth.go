// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"time"
)

// checkTruth is I1: status holds only what Vectara returned for the object's job to the object's credentials.
func checkTruth(r *Record) []Violation {
	var violations []Violation
	all := observations(r)
	for _, v := range r.Versions {
		status := v.Object.Status
		m := mirroredOf(status)
		if v.Deleted || status.LastTransitionTime == nil && m == (mirrored{corpora: "[]"}) {
			continue
		}
		known := false
		for _, o := range all {
			known = known || o.id == v.Object.Spec.JobID && o.fields == m && r.isFor(v, o.by)
		}
		if !known {
			violations = append(violations, Violation{"I1", v.Object.Name, v.At, fmt.Sprintf("Vectara never returned %+v to its credentials", m)})
		}
	}
	return violations
}

// checkOrder is I2: no observation overwrites one that was asked for later, and no finished job goes back.
func checkOrder(r *Record) []Violation {
	var violations []Violation
	all := observations(r)
	for _, name := range r.objects() {
		floor := time.Duration(0)
		var before *Version
		for _, v := range r.versionsOf(name) {
			m := mirroredOf(v.Object.Status)
			if v.Object.Status.LastTransitionTime == nil || before != nil && before.Object.UID == v.Object.UID && mirroredOf(before.Object.Status) == m {
				continue
			}
			if before != nil && before.Object.UID == v.Object.UID && mirroredOf(before.Object.Status).isFinal() && !m.isFinal() {
				violations = append(violations, Violation{"I2", name, v.At, fmt.Sprintf("its job had ended, and is %q again", m.state)})
			}
			if before != nil && before.Object.UID != v.Object.UID {
				floor = 0
			}
			before = &v
			asked, found := time.Duration(0), false
			for _, o := range all {
				if o.id == v.Object.Spec.JobID && o.fields == m && r.isFor(v, o.by) && o.by.Sent >= floor {
					asked, found = o.by.Sent, true
					break
				}
			}
			if !found {
				violations = append(violations, Violation{"I2", name, v.At, fmt.Sprintf("%q is older than what it overwrites, which was asked for at %v", m.state, floor)})
				continue
			}
			floor = asked
		}
	}
	return violations
}

// endNoticed is how long after a response a call may still be sent that does not know of it.
const endNoticed = 300 * time.Millisecond

// checkEnd is I3: once a job has ended, it is not polled, unless somebody requests that.
func checkEnd(r *Record) []Violation {
	var violations []Violation
	for _, name := range r.objects() {
		versions := r.versionsOf(name)
		if len(versions) == 0 {
			continue
		}
		id, secret := versions[0].Object.Spec.JobID, versions[0].Object.Spec.SecretRef.Name
		for _, credential := range r.credentialsOf(secret, r.Ended) {
			written := time.Duration(-1)
			for _, v := range versions {
				if mirroredOf(v.Object.Status).isFinal() {
					written = v.At
					break
				}
			}
			told := map[int]time.Duration{} // of each process, when it was told of the end
			for _, q := range r.vectara() {
				if q.Credential != credential || q.Kind != KindGet || q.JobID != id {
					continue
				}
				since, ok := told[q.Process]
				if !ok && written >= 0 {
					since, ok = written, true
				}
				if ok && q.Sent > since+endNoticed && !r.askedAbout(name, 0, q.Sent) {
					violations = append(violations, Violation{"I3", name, q.Sent, fmt.Sprintf("its job had ended at %v and was polled again (request %d)", since, q.Number)})
				}
				for _, o := range q.jobs() {
					if _, ok := told[q.Process]; !ok && o.fields.isFinal() {
						told[q.Process] = q.Ended
					}
				}
			}
		}
	}
	return violations
}
