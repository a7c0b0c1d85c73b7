// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// shrink drops faults from a plan as long as a life still violates the same invariant, and returns the shortest plan with
// its record. Lives differ in time from run to run, so that each plan gets several.
func (s *suite) shrink(ctx context.Context, scene string, plan Plan, record *Record, violations []Violation) (Plan, *Record, []Violation) {
	const attempts = 2
	for i := 0; i < len(plan) && len(plan) > 1; {
		shorter := slices.Delete(slices.Clone(plan), i, i+1)
		again, found := s.violates(ctx, scene, shorter, violations[0].Invariant, attempts)
		if again == nil {
			i++
			continue
		}
		plan, record, violations = shorter, again, found
	}
	return plan, record, violations
}

// violates runs a plan up to a number of times, and returns the record of the first life that violates an invariant.
func (s *suite) violates(ctx context.Context, scene string, plan Plan, invariant string, attempts int) (*Record, []Violation) {
	for range attempts {
		record, err := s.world.Live(ctx, scene, plan)
		if err != nil {
			return nil, nil
		}
		violations := Check(record)
		s.count(record, plan, nil)
		if i := slices.IndexFunc(violations, func(v Violation) bool { return v.Invariant == invariant }); i >= 0 {
			return record, violations[i:]
		}
	}
	return nil, nil
}

const (
	excerptBefore = 12 * time.Second
	excerptAfter  = time.Second
	excerptLines  = 40
)

// excerpt prints what happened to the object of a violation around it, and all faults.
func excerpt(out io.Writer, r *Record, v Violation) {
	type line struct {
		at   time.Duration
		text string
	}
	var lines []line
	add := func(at time.Duration, always bool, format string, values ...any) {
		if always || at > 0 && at >= v.At-excerptBefore && at <= v.At+excerptAfter {
			lines = append(lines, line{at, fmt.Sprintf(format, values...)})
		}
	}
	jobID := v.Object
	for _, version := range r.Versions {
		object := version.Object
		if v.Object != "" && object.Name != v.Object && object.Spec.JobID != v.Object {
			continue
		}
		jobID = object.Spec.JobID
		what := gist(object)
		if version.Deleted {
			what = "deleted"
		}
		add(version.At, false, "version %s of %s: %s", object.ResourceVersion, object.Name, what)
	}
	for _, q := range r.Requests {
		mine := v.Object == "" || q.Object == v.Object || q.JobID == jobID || q.Kind == KindToken || q.Side == Vectara && q.Kind == KindList
		if q.Fault == nil && !mine {
			continue
		}
		text := fmt.Sprintf("%s %d (%s) %s %s", q.Side, q.Number, q.Kind, q.Method, q.URL[:min(len(q.URL), 90)])
		if q.Fault != nil {
			text += fmt.Sprintf(" FAULT %s", q.Fault)
		}
		add(q.Sent, q.Fault != nil, "%s -> %d in %v (complete: %t, gave up: %t)", text, q.Status, (q.Ended - q.Sent).Round(time.Millisecond), q.Complete, q.GaveUp)
	}
	for i, p := range r.Processes {
		add(p.Started, true, "process %d started", i+1)
		add(p.Ready, false, "process %d ready", i+1)
		add(p.Ended, false, "process %d ended (%s) %s", i+1, p.How, p.Error)
	}
	for _, a := range r.Asked {
		add(a.At, true, "poll requested of %s, which says %s", a.Object, a.Reason)
	}
	add(r.Scripted, true, "end of the script")
	if r.Converged > 0 {
		add(r.Converged, true, "converged")
	}
	slices.SortStableFunc(lines, func(a, b line) int { return int(a.at - b.at) })
	if len(lines) > excerptLines {
		fmt.Fprintf(out, "  (%d lines before)\n", len(lines)-excerptLines)
		lines = lines[len(lines)-excerptLines:]
	}
	for _, l := range lines {
		fmt.Fprintf(out, "  %9v %s\n", l.at.Round(time.Millisecond), l.text)
	}
}
