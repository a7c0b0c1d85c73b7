// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// slack is for what no record shows: the way of a request through the kernel, a watch, a scheduler.
const slack = 2 * time.Second

// Violation is an invariant that a record does not hold.
type Violation struct {
	// Invariant is its name, I1 to I9.
	Invariant string
	Object    string // empty if it is about none in particular
	At        time.Duration
	Text      string
}

// String is the violation in a line.
func (v Violation) String() string {
	object := ""
	if v.Object != "" {
		object = " " + v.Object
	}
	return fmt.Sprintf("violation %s at %v%s: %s", v.Invariant, v.At.Round(time.Millisecond), object, v.Text)
}

// invariants are the checks, by what they check. Each is a pure function of a record.
var invariants = []func(*Record) []Violation{
	checkTruth, checkOrder, checkEnd, checkWrites, checkMessages, checkMarks, checkPace, checkSecrets, checkCalls,
	checkResources, checkConvergence, checkStability, checkProcesses, checkPauses, checkAge,
	checkOutcome, checkRechecks, checkDeleted, checkFormer, checkLists, checkProbes,
}

// Check returns what a record violates, in the order of time.
func Check(r *Record) []Violation {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Violation
	for _, check := range invariants {
		all = append(all, check(r)...)
	}
	slices.SortStableFunc(all, func(a, b Violation) int { return cmp.Compare(a.At, b.At) })
	return all
}
