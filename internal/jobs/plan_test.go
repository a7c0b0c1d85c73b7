// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"testing"
	"time"
)

func TestPlan(t *testing.T) {
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	// created are jobs of which one was created each second, the first ones left out.
	created := func(from, to int) []time.Time {
		var times []time.Time
		for i := from; i < to; i++ {
			times = append(times, epoch.Add(time.Duration(i)*time.Second))
		}
		return times
	}
	unknown := func(n int) []time.Time { return make([]time.Time, n) }
	const alone = 1.0 / 100
	for name, test := range map[string]struct {
		wanted, known []time.Time
		pagesPerJob   float64
		after         time.Time
		ok            bool
	}{
		"nothing is due":                                {nil, created(0, 500), alone, time.Time{}, false},
		"a list of one job saves nothing":               {created(0, 1), created(0, 1), alone, time.Time{}, false},
		"two jobs on one page save one request":         {created(0, 2), created(0, 2), alone, epoch.Add(-createdMargin), true},
		"all jobs are due":                              {created(0, 500), created(0, 500), alone, epoch.Add(-createdMargin), true},
		"the list is as long as what it would save":     {created(0, 5), created(0, 500), alone, time.Time{}, false},
		"recent jobs are listed without the old ones":   {created(450, 500), created(0, 500), alone, epoch.Add(450*time.Second - createdMargin), true},
		"an old job that is due is left to a GET":       {slices.Concat(created(0, 1), created(450, 500)), created(0, 500), alone, epoch.Add(450*time.Second - createdMargin), true},
		"jobs without a time of creation want all":      {unknown(50), unknown(50), alone, time.Time{}, true},
		"an account with many other jobs is not listed": {created(0, 50), created(0, 50), 2, time.Time{}, false},
		"ten pages for fifty jobs are worth it":         {created(0, 50), created(0, 50), 0.2, epoch.Add(-createdMargin), true},
	} {
		t.Run(name, func(t *testing.T) {
			after, ok := plan(test.wanted, test.known, test.pagesPerJob)
			if ok != test.ok || !after.Equal(test.after) {
				t.Errorf("plan is %v, %v, want %v, %v", after, ok, test.after, test.ok)
			}
		})
	}
}

func TestCoolDownDoublesUntilAWalkPays(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		pages int
		want  []time.Duration
	}{
		"after walks of many pages": {5, []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, maxCoolDown, maxCoolDown}},
		"after walks of one page":   {1, []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, maxCheapCoolDown}},
	} {
		t.Run(name, func(t *testing.T) {
			var c coolDown
			for i, want := range test.want {
				c.extend(now, test.pages, 0)
				if c.until.Sub(now) != want {
					t.Errorf("cool-down %d takes %v, want %v", i+1, c.until.Sub(now), want)
				}
			}
		})
	}
}
