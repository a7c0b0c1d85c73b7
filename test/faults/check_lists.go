// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"net/http"
	"time"
)

const (
	// coolDown is how long no list is made after the first one that failed.
	coolDown = 30 * time.Second
	// worthwhile is how many polls there must be within a cool-down for a list to pay for certain.
	worthwhile = 60
	// probeLease is how long a probe without a response keeps others from being sent.
	probeLease = 10 * time.Second
)

// checkLists is I8, of lists: they come back after one that failed, where they pay.
func checkLists(r *Record) []Violation {
	var violations []Violation
	failed := map[string][]*Request{} // lists that failed, of each credential
	lists, polls := map[string][]time.Duration{}, map[string][]time.Duration{}
	for _, q := range r.vectara() {
		switch {
		case q.Kind == KindGet:
			polls[q.Credential] = append(polls[q.Credential], q.Sent)
		case q.Kind == KindList && q.reasons() != nil:
			failed[q.Credential] = append(failed[q.Credential], q)
		case q.Kind == KindList:
			lists[q.Credential] = append(lists[q.Credential], q.Sent)
		}
	}
	for credential, requests := range failed {
		first := requests[0]
		end := first.Ended + coolDown + 3*slack
		if len(requests) > 1 || first.Ended == 0 || end > r.Ended || len(r.Processes) > 1 {
			continue
		}
		within := func(all []time.Duration) (n int) {
			for _, at := range all {
				if at > first.Ended && at <= end {
					n++
				}
			}
			return n
		}
		if within(polls[credential]) >= worthwhile && within(lists[credential]) == 0 {
			violations = append(violations, Violation{"I8", "", end, fmt.Sprintf("list %d failed, and none came since, although there were %d polls", first.Number, within(polls[credential]))})
		}
	}
	return violations
}

// checkProbes is I5, of probes: after a pause, one request finds out whether it is over, before others are sent.
func checkProbes(r *Record) []Violation {
	const rounding = 100 * time.Millisecond
	var violations []Violation
	all := r.vectara()
	for i, q := range all {
		if q.Status != http.StatusTooManyRequests || q.Credential == "" || q.Kind == KindToken || pauseOf(q) == 0 {
			continue
		}
		var probe *Request
		for _, next := range all[i+1:] {
			if next.Credential != q.Credential || next.Process != q.Process || next.Kind == KindToken || next.Sent < q.Ended+pauseOf(q)-rounding {
				continue
			}
			if probe == nil {
				probe = next
				continue
			}
			if (probe.Ended == 0 || next.Sent < probe.Ended) && next.Sent < probe.Sent+probeLease {
				violations = append(violations, Violation{"I5", next.JobID, next.Sent, fmt.Sprintf("after the pause of request %d, request %d was sent before request %d was answered", q.Number, next.Number, probe.Number)})
			}
			break
		}
	}
	return violations
}
