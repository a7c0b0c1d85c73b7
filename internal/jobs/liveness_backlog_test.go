// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"testing"
	"time"
)

const tenThousand = 10_000

func TestTenThousandObjectsCreatedWhileRunningAreEachPolledWithinSeconds(t *testing.T) {
	orders := map[string]func(i int) int{
		"oldest job last":  func(i int) int { return i },
		"oldest job first": func(i int) int { return tenThousand - 1 - i },
		"no order":         func(i int) int { return i * 7919 % tenThousand }, // 7919 is prime.
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			inLivenessWorld(t, usualLimits, func(w *livenessWorld) {
				names := w.unwatchedJobs("job", tenThousand, 2*time.Hour)
				w.after(time.Minute)
				for i := range tenThousand {
					w.subscribe(names[order(i)])
					w.after(time.Second / 400)
				}
				w.after(15 * time.Second)
				w.expectFirstWithin("job", 15*time.Second)
				w.expectNobodySaid("job")
				w.after(3 * time.Minute)
				used := w.after(3 * time.Minute)
				w.expectRequests("3 minutes of the steady state", used, requestCount{gets: 600, pages: 420, walks: -1})
			})
		})
	}
}

// expectFirstWithin expects every object to have been told of its job so soon after it subscribed.
func (w *livenessWorld) expectFirstWithin(prefix string, limit time.Duration) {
	w.Helper()
	var waited []time.Duration
	never := 0
	for _, name := range w.which(prefix, func(*watchingObject) bool { return true }) {
		s := w.subscribers[name]
		if s.first.IsZero() {
			never++
			waited = append(waited, time.Since(s.since))
			continue
		}
		waited = append(waited, s.first.Sub(s.since))
	}
	slices.Sort(waited)
	late := len(waited) - func() int { at, _ := slices.BinarySearch(waited, limit+1); return at }()
	if late > 0 {
		w.Errorf("%d of %d objects waited for more than %v, %d of them still wait; the median is %v, the longest wait %v",
			late, len(waited), limit, never, waited[len(waited)/2], waited[len(waited)-1])
	}
}

func TestTenThousandOldJobsThatAreNewToTheOperatorCostWhatTheyCostLater(t *testing.T) {
	limits := map[string]Limits{
		"default budget": usualLimits,
		"ample budget":   {RequestsPerSecond: 1000, Burst: 1000},
	}
	for name, limits := range limits {
		t.Run(name, func(t *testing.T) {
			inLivenessWorld(t, limits, func(w *livenessWorld) {
				w.jobs("job", tenThousand, 2*time.Hour)
				w.until(time.Minute)
				w.expectFirstWithin("job", 15*time.Second)
				w.mark()
				used := w.until(5 * time.Minute)
				w.expectRequests("minutes 2 to 5", used, requestCount{gets: 200, pages: 520, walks: -1})
				w.expectPunctual("job", 25*time.Second)
				w.expectNobodySaid("job")
			})
		})
	}
}
