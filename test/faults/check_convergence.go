// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// maxBackoff is the longest back-off.
const maxBackoff = 60 * time.Second

// lastFault is when the last fault was over, or the script, or when the manager was ready again after it.
func (r *Record) lastFault() time.Duration {
	last := r.Scripted
	for _, q := range r.Requests {
		if q.Fault != nil {
			last = max(last, max(q.Sent, min(q.Ended, q.Sent+maxBackoff))+pauseOf(q))
		}
	}
	for _, p := range r.Processes {
		last = max(last, p.Ready)
	}
	return last
}

// pauseOf is the pause that a response asks for.
func pauseOf(q *Request) time.Duration {
	if q.Fault == nil || q.Fault.Action != Status {
		return 0
	}
	_, retryAfter, _ := strings.Cut(q.Fault.Arg, ",")
	seconds, err := strconv.Atoi(retryAfter)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// checkConvergence is I8, of convergence: after the last fault, every object comes to be as expected within a back-off.
func checkConvergence(r *Record) []Violation {
	var violations []Violation
	if r.Converged == 0 {
		for _, e := range r.expectedOf() {
			if r.isAsExpected(e) {
				continue
			}
			text := "it does not exist"
			if object := r.last(e.Object); object != nil {
				text = fmt.Sprintf("its job is %q, and Synced says %s", object.Status.State, reasonOf(object))
			}
			violations = append(violations, Violation{"I8", e.Object, r.Ended, fmt.Sprintf("%v after the last fault %s; expected %+v", (r.Ended - r.lastFault()).Round(time.Millisecond), text, e)})
		}
		return violations
	}
	late := r.Converged - r.lastFault() - r.stalled(r.lastFault(), r.Converged)
	if late > maxBackoff+2*time.Second+slack {
		violations = append(violations, Violation{Invariant: "I8", At: r.Converged, Text: fmt.Sprintf("it took %v after the last fault until all was well", late.Round(time.Millisecond))})
	}
	return violations
}

// checkStability is I8, of what comes after: all stays as it is, unless a fault that was planned comes only then.
func checkStability(r *Record) []Violation {
	var violations []Violation
	if r.Converged == 0 || r.lastFault() > r.Converged {
		return nil
	}
	for _, e := range r.expectedOf() {
		if !r.isAsExpected(e) {
			violations = append(violations, Violation{"I8", e.Object, r.Ended, fmt.Sprintf("it was as expected, and did not stay so: %+v", e)})
		}
	}
	return violations
}

// checkProcesses is I8, of the manager: no fault ends it, and it ends in order when told to.
func checkProcesses(r *Record) []Violation {
	var violations []Violation
	for i, p := range r.Processes {
		report := func(text string) {
			violations = append(violations, Violation{Invariant: "I8", At: p.Ended, Text: fmt.Sprintf("process %d of the manager %s", i+1, text)})
		}
		switch {
		case p.How == "":
			report("ended by itself: " + p.Error)
		case p.How != string(Kill) && p.Error != "":
			report("was told to end and failed: " + p.Error)
		case p.Ready == 0 && p.How == "stop":
			report("was never ready")
		}
	}
	return violations
}

// checkPauses is I8, of back-off: nobody calls before the time that Vectara named in a 429, and no failed poll is
// repeated at once.
func checkPauses(r *Record) []Violation {
	const (
		rounding = 100 * time.Millisecond
		crossing = 250 * time.Millisecond // a request on its way meets the 429 of another
	)
	var violations []Violation
	all := r.vectara()
	for i, q := range all {
		if q.Status != http.StatusTooManyRequests || q.Credential == "" {
			continue
		}
		for _, next := range all[i+1:] {
			if next.Credential == q.Credential && next.Process == q.Process && next.Sent > q.Ended+crossing && next.Sent < q.Ended+pauseOf(q)-rounding {
				violations = append(violations, Violation{"I8", next.JobID, next.Sent, fmt.Sprintf("request %d came %v after a 429 that asked for a pause of %v", next.Number, (next.Sent - q.Ended).Round(time.Millisecond), pauseOf(q))})
			}
		}
	}
	return violations
}

// checkAge is I9: Synced is never True when the last poll is older than the interval, 30 s and the call.
func checkAge(r *Record) []Violation {
	const oldest = pollInterval*11/10 + 30*time.Second + requestTimeout + slack
	var violations []Violation
	all := observations(r)
	for _, name := range r.objects() {
		versions := r.versionsOf(name)
		for i, v := range versions {
			synced := condition(v, v1alpha1.ConditionSynced)
			if synced == nil || synced.Status != metav1.ConditionTrue || mirroredOf(v.Object.Status).isFinal() {
				continue
			}
			end := until(versions, i, r.endOf(v.Object.UID))
			last := time.Duration(0)
			var polls []time.Duration
			for _, o := range all {
				if o.id == v.Object.Spec.JobID && o.by.Sent <= end && slices.Contains(r.credentialsOf(v.Object.Spec.SecretRef.Name, end), o.by.Credential) {
					polls = append(polls, o.by.Sent)
				}
			}
			for _, at := range append(polls, end) {
				if age := at - max(last, r.readySince(at)) - r.stalled(last, at); at > v.At && age > oldest {
					violations = append(violations, Violation{"I9", name, at, fmt.Sprintf("Synced is True, and the last poll was %v ago", age.Round(time.Millisecond))})
				}
				last = at
			}
		}
	}
	return violations
}

// endOf is when an object was deleted, or else the end of the record.
func (r *Record) endOf(uid types.UID) time.Duration {
	for _, v := range r.Versions {
		if v.Deleted && v.Object.UID == uid {
			return v.At
		}
	}
	return r.Ended
}

// readySince is when the process that runs at a time became ready.
func (r *Record) readySince(at time.Duration) time.Duration {
	for i := len(r.Processes) - 1; i >= 0; i-- {
		if p := r.Processes[i]; p.Started <= at {
			if p.Ready == 0 {
				return at
			}
			return p.Ready
		}
	}
	return at
}
