// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// reasons are those that a request may give to Synced; none if it brought what it asked for.
func (q *Request) reasons() []string {
	if q.Complete && q.Status == http.StatusOK {
		valid := len(q.jobs()) > 0
		switch q.Kind {
		case KindList:
			var page struct {
				Jobs []json.RawMessage `json:"jobs"`
			}
			valid = json.Unmarshal(q.Response, &page) == nil
		case KindToken:
			var token struct {
				AccessToken string `json:"access_token"`
			}
			valid = json.Unmarshal(q.Response, &token) == nil && token.AccessToken != ""
		}
		if valid {
			return nil
		}
	}
	transient := []string{v1alpha1.ReasonAPIUnavailable, v1alpha1.ReasonInvalidResponse}
	switch status := q.Status; {
	case status == http.StatusUnauthorized, q.Kind == KindToken && status >= 400 && status < 500 && status != http.StatusForbidden && status != http.StatusTooManyRequests:
		return append(transient, v1alpha1.ReasonUnauthorized)
	case status == http.StatusForbidden && q.Kind == KindToken:
		return append(transient, v1alpha1.ReasonUnauthorized, v1alpha1.ReasonPermissionDenied)
	case status == http.StatusForbidden:
		return []string{v1alpha1.ReasonPermissionDenied}
	case status == http.StatusNotFound && q.Kind != KindToken:
		return []string{v1alpha1.ReasonJobNotFound}
	case status == http.StatusTooManyRequests:
		return []string{v1alpha1.ReasonRateLimited}
	case status >= 400 && status < 500:
		return append(transient, v1alpha1.ReasonRequestRejected, v1alpha1.ReasonJobNotFound)
	default:
		return transient
	}
}

const (
	// refusedJobs and failedJobs are how many jobs have to fail until it is held against the credentials, or taken for an
	// outage.
	refusedJobs = 2
	failedJobs  = 5
)

// checkMarks is I5, of marks: what fails for one object, one credential or one kind of call shows nowhere else.
func checkMarks(r *Record) []Violation {
	var violations []Violation
	for _, name := range r.objects() {
		for _, v := range r.versionsOf(name) {
			synced := condition(v, v1alpha1.ConditionSynced)
			if synced == nil || synced.Status == metav1.ConditionTrue || r.explains(v, synced.Reason) {
				continue
			}
			violations = append(violations, Violation{"I5", name, v.At, fmt.Sprintf("nothing that happened to its own requests explains %s: %s", synced.Reason, synced.Message)})
		}
	}
	return violations
}

// explains reports whether some request explains why Synced of a version has a reason.
func (r *Record) explains(v Version, reason string) bool {
	failed := map[string]bool{} // jobs of the same credentials
	for _, q := range r.Requests {
		if !r.isFor(v, q) || q.Ended == 0 && v.At < q.Sent+30*time.Second {
			continue
		}
		if !slices.Contains(q.reasons(), reason) {
			continue
		}
		switch {
		case q.Kind == KindGet && q.JobID == v.Object.Spec.JobID, q.Kind == KindToken, reason == v1alpha1.ReasonRateLimited:
			return true
		case q.Kind == KindGet:
			failed[q.JobID] = true
		}
	}
	switch reason {
	case v1alpha1.ReasonCredentialsNotFound:
		return len(r.credentialsOf(v.Object.Spec.SecretRef.Name, v.At-slack)) == 0
	case v1alpha1.ReasonUnauthorized:
		return len(failed) >= refusedJobs
	case v1alpha1.ReasonAPIUnavailable, v1alpha1.ReasonInvalidResponse:
		return len(failed) >= failedJobs
	default:
		return false
	}
}

// checkPace is I5, of pace: what fails elsewhere slows nobody. A poll comes within its own interval and, where a list is
// under way, as much again.
func checkPace(r *Record) []Violation {
	const atMost = pollInterval*11/10 + pollInterval + slack
	var violations []Violation
	all := observations(r)
	for _, name := range r.objects() {
		versions := r.versionsOf(name)
		for n, process := range r.Processes {
			if process.Ready == 0 {
				continue
			}
			last := max(process.Ready, versions[0].At)
			end := r.Scripted
			if process.Ended > 0 {
				end = min(end, process.Ended)
			}
			polls := r.polls(versions[0].Object, n+1, all)
			for _, at := range append(polls, end) {
				if at > end || at < last {
					continue
				}
				late := at - last - r.stalled(last, at)
				if late > atMost && r.isPolled(name, last, at) && !r.mayBeSlow(versions[0].Object, last, at) {
					violations = append(violations, Violation{"I5", name, at, fmt.Sprintf("it was not polled for %v, and nothing that happened to its own requests explains that", late.Round(time.Millisecond))})
				}
				last = at
			}
		}
	}
	return violations
}

// polls are the times at which a process polled the job of an object.
func (r *Record) polls(object *v1alpha1.VectaraJob, process int, all []observed) []time.Duration {
	var times []time.Duration
	credentials := r.credentialsOf(object.Spec.SecretRef.Name, r.Ended)
	for _, q := range r.vectara() {
		if q.Process == process && q.Kind == KindGet && q.JobID == object.Spec.JobID && slices.Contains(credentials, q.Credential) {
			times = append(times, q.Sent)
		}
	}
	for _, o := range all {
		if o.by.Kind == KindList && o.by.Process == process && o.id == object.Spec.JobID && slices.Contains(credentials, o.by.Credential) {
			times = append(times, o.by.Sent)
		}
	}
	slices.Sort(times)
	return times
}

// isPolled reports whether an object had a job that was to be polled all through a span.
func (r *Record) isPolled(name string, from, to time.Duration) bool {
	polled := false
	for _, v := range r.Versions {
		if v.Object.Name != name || v.At > to {
			continue
		}
		synced := condition(v, v1alpha1.ConditionSynced)
		waits := synced != nil && slices.Contains(forPeople, synced.Reason)
		if v.Deleted || mirroredOf(v.Object.Status).isFinal() || waits {
			return false
		}
		if v.At <= from {
			polled = true
		}
	}
	return polled
}

// mayBeSlow reports whether something in a span, or shortly before it, is a reason for an object to be polled late.
func (r *Record) mayBeSlow(object *v1alpha1.VectaraJob, from, to time.Duration) bool {
	credentials := r.credentialsOf(object.Spec.SecretRef.Name, r.Ended)
	failed := map[string]bool{}
	for _, q := range r.Requests {
		if q.Sent > to || q.Ended > 0 && q.Ended < from-60*time.Second {
			continue
		}
		switch {
		case q.Side == API:
			if q.Fault != nil && (q.Object == object.Name || q.Object == "" || q.Kind != KindStatus) {
				return true
			}
		case !slices.Contains(credentials, q.Credential) || q.Ended > 0 && q.reasons() == nil:
		case q.Kind == KindToken, q.Status == http.StatusTooManyRequests, q.JobID == object.Spec.JobID:
			return true
		case q.Kind == KindGet:
			failed[q.JobID] = true
		}
	}
	return len(failed) >= refusedJobs // Two that are refused make one probe at a time of it; five that fail, an outage.
}
