// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"testing"
	"time"
)

// TestWhatIsOldIsSaidToBe keeps polls waiting for more than one reason in turn, and holds what each subscriber was told against the
// bound: the interval, 30 s, and a call.
func TestWhatIsOldIsSaidToBe(t *testing.T) {
	const interval, n = 10 * time.Second, 50
	for name, test := range map[string]struct{ rotates, fails bool }{
		"for want of budget":                          {},
		"while the key is rotated again and again":    {rotates: true},
		"while Vectara fails for a while, repeatedly": {fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Limits{RequestsPerSecond: 1, Burst: 2}, func(w *world) {
				began := time.Now()
				rotations, missed := 0, 0
				told := map[string]Observation{}
				key := func(s *Subscription) { s.Credentials = credentials("secret", fmt.Sprint("key-", rotations)) }
				for i := range n {
					w.source.Watch(watching(fmt.Sprint(i), key))
				}
				for step := range 1200 {
					if test.rotates && step%51 == 50 {
						rotations++
					}
					w.vectara.respond(inState("started"))
					if test.fails && step%80 < 12 {
						w.vectara.respond(failing(status(503, 0)))
					}
					w.after(500 * time.Millisecond)
					for i := range n {
						name := fmt.Sprint(i)
						if o := w.latest(watching(name, key)); o != nil {
							told[name] = *o
						}
						o := told[name]
						if o.Job == nil || o.Overdue != nil {
							continue
						}
						if age := time.Since(o.Answered); age > interval+overdueAfter+3*time.Second {
							if missed > 4 {
								continue
							}
							missed++
							t.Errorf("after %v, job %s is said to be as it was %v ago", time.Since(began), name, age)
						}
					}
				}
				if len(told) < n {
					t.Errorf("%d jobs were ever told of, want all", len(told))
				}
			})
		})
	}
}

// TestBacklogThatIsWorkedOffLeavesNoMark has more polls become due at once than the budget allows for a while. Who was told so is
// told when the backlog is gone, long before its next poll, and only once.
func TestBacklogThatIsWorkedOffLeavesNoMark(t *testing.T) {
	inWorld(t, Limits{RequestsPerSecond: 1, Burst: 2}, func(w *world) {
		const n = 100
		seldom := func(s *Subscription) { s.Schedule = every(10 * time.Minute) }
		overdue := func() (told int) {
			for i := range n {
				if o := w.latest(watching(fmt.Sprint(i), seldom)); o != nil && o.Overdue != nil {
					told++
				}
			}
			return told
		}
		w.vectara.respond(inState("started"))
		overdue() // Subscribes all.
		w.after(70 * time.Second)
		if told := overdue(); told < n/2 {
			t.Errorf("%d of %d jobs are said to be overdue amid the backlog, want most", told, n)
		}
		w.after(50 * time.Second)
		if told := overdue(); told > 0 {
			t.Errorf("%d jobs are said to be overdue 20 s after the backlog was worked off", told)
		}
		if wakes := w.wakesOf("99"); wakes > 3 {
			t.Errorf("the last job's subscriber was woken %d times, want at most 3: overdue, polled, in time", wakes)
		}
	})
}
