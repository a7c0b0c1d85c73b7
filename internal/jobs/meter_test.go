// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"testing"
	"time"
)

// waits is a meter that remembers the longest wait for the budget.
type waits struct {
	noMeter
	longest time.Duration
}

func (w *waits) BudgetWaited(d time.Duration) { w.longest = max(w.longest, d) }

func TestOnlyACallThatIsWantedWaitsForTheBudget(t *testing.T) {
	for name, test := range map[string]struct {
		patient     bool // whether the second watcher stays
		least, most time.Duration
	}{
		"a call that was made after a wait":    {patient: true, least: 9 * time.Second, most: 10 * time.Second},
		"a call that nobody wanted in the end": {},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Limits{RequestsPerSecond: 0.1, Burst: 1}, func(w *world) {
				meter := &waits{}
				w.source.SetMeter(meter)
				first, second := watching("a", func(w *Watch) { w.Schedule = never{} }), watching("b", func(w *Watch) { w.Schedule = never{} })
				w.source.Observe(first)
				w.after(time.Second)
				w.source.Observe(second)
				w.after(time.Second)
				if !test.patient {
					w.source.Forget(second.Key)
				}
				w.after(time.Minute)
				w.source.Observe(watching("c"))
				w.after(time.Second)
				if meter.longest < test.least || meter.longest > test.most {
					t.Errorf("The longest wait was %v, want %v to %v", meter.longest, test.least, test.most)
				}
			})
		})
	}
}
