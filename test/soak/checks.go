// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stale returns the objects whose status says that it is true, and is not: Vectara has been saying something else for
// longer than a poll, a call and the time after which an overdue poll shows may take. Each is returned once.
func (r *record) stale(now time.Time, bound time.Duration) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var wrong []string
	for _, e := range r.lives {
		stage, began := e.stage(now)
		if !e.gone.IsZero() || e.seen.IsZero() || e.late || e.synced != metav1.ConditionTrue || e.reached == stage || e.state == e.life.state(stage) {
			continue
		}
		if age := now.Sub(began); age > bound {
			e.late = true
			wrong = append(wrong, e.words("its status says %s and Synced=True %s after the job was %s", e.state, age.Round(time.Second), e.life.state(stage)))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// calledAfterEnd returns the jobs that were asked about after their end was seen, or after their object was deleted.
// Grace is how long a call may still be under way then. Count returns the calls about a job so far.
func (r *record) calledAfterEnd(now time.Time, grace time.Duration, count func(id string) int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var wrong []string
	for id, e := range r.lives {
		over := e.final
		if over.IsZero() {
			over = e.gone
		}
		if over.IsZero() || now.Sub(over) < grace {
			continue
		}
		calls := count(id)
		if e.calls >= 0 && calls > e.calls {
			wrong = append(wrong, e.words("%d calls after its end was seen, or its object deleted", calls-e.calls))
		}
		e.calls = calls
	}
	slices.Sort(wrong)
	return wrong
}

// behind returns the objects that do not say what their jobs were at a time or have been since, or not that they do.
func (r *record) behind(asOf, now time.Time) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var wrong []string
	for _, e := range r.lives {
		if !e.gone.IsZero() || e.added.After(asOf) {
			continue
		}
		stage, _ := e.stage(asOf)
		_, current := e.life.reached(e.state, stage, now)
		switch {
		case e.uid == "":
			wrong = append(wrong, e.words("it has no object"))
		case e.seen.IsZero():
			wrong = append(wrong, e.words("it has no state; Synced is %s %s", e.synced, e.reason))
		case !current:
			wrong = append(wrong, e.words("it is %s, and its status says %s; Synced is %s %s", e.life.state(stage), e.state, e.synced, e.reason))
		case e.synced != metav1.ConditionTrue:
			wrong = append(wrong, e.words("Synced is %s %s", e.synced, e.reason))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// longestLag is the longest time that a status has been behind its job at present.
func (r *record) longestLag(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var longest time.Duration
	for _, e := range r.lives {
		if !e.gone.IsZero() || e.uid == "" {
			continue
		}
		if stage, began := e.stage(now); e.seen.IsZero() || e.state != e.life.state(stage) {
			longest = max(longest, now.Sub(later(began, e.object)))
		}
	}
	return longest
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
