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
