// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"testing"
	"time"
)

// waits is a Recorder that keeps the longest wait for the rate limiter.
type waits struct {
	noRecorder
	longest time.Duration
}

func (w *waits) LimiterWaited(d time.Duration) { w.longest = max(w.longest, d) }

func TestOnlyARequestThatIsSentWaitsForTheLimiter(t *testing.T) {
	for name, test := range map[string]struct {
		patient     bool // whether the second watcher stays
		least, most time.Duration
	}{
		"a call that was made after a wait":    {patient: true, least: 9 * time.Second, most: 10 * time.Second},
		"a call that nobody wanted in the end": {},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Limits{RequestsPerSecond: 0.1, Burst: 1}, func(w *world) {
				recorder := &waits{}
				w.source.SetRecorder(recorder)
				first, second := watching("a", func(w *Subscription) { w.Schedule = never{} }), watching("b", func(w *Subscription) { w.Schedule = never{} })
				w.source.Watch(first)
				w.after(time.Second)
				w.source.Watch(second)
				w.after(time.Second)
				if !test.patient {
					w.source.Unwatch(second.Key)
				}
				w.after(time.Minute)
				w.source.Watch(watching("c"))
				w.after(time.Second)
				if recorder.longest < test.least || recorder.longest > test.most {
					t.Errorf("The longest wait was %v, want %v to %v", recorder.longest, test.least, test.most)
				}
			})
		})
	}
}
