// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// life is what becomes of a job of a simulated account.
type life struct {
	id       string
	states   []string
	since    []time.Time // when each state begins; the first one is when the job is created
	gone     time.Time   // when Vectara has forgotten the job; the zero time means never
	denied   bool        // whether nobody may read it
	unlisted bool        // whether lists do not show it

	failing string    // what a GET of it fails with, whatever else works; empty for nothing
	mended  time.Time // when that is over
}

// randomLife begins up to half an hour before a time or up to five minutes after it.
func randomLife(r *rand.Rand, id string, now time.Time) *life {
	l := &life{id: id, denied: r.IntN(20) == 0, unlisted: r.IntN(8) == 0}
	at := now.Add(-5 * time.Minute)
	if r.IntN(4) > 0 {
		at = now.Add(5 * time.Minute)
	}
	at = at.Add(-randomDuration(r, time.Second, 10*time.Minute)).Truncate(time.Millisecond)
	for range 1 + r.IntN(5) {
		l.enter([]string{"queued", "started", "started", "failed_will_retry", "unknown", "", "a_state_of_next_year"}[r.IntN(7)], at)
		at = at.Add(randomDuration(r, time.Second, 15*time.Minute))
	}
	if r.IntN(5) > 0 {
		l.enter(finalStates[r.IntN(len(finalStates))], at)
	}
	if r.IntN(10) == 0 {
		l.gone = at.Add(randomDuration(r, time.Second, 10*time.Minute))
	}
	return l
}

func (l *life) enter(state string, at time.Time) {
	l.states, l.since = append(l.states, state), append(l.since, at)
}

// fails reports whether GETs of the job fail at a time, whatever else works.
func (l *life) fails(at time.Time) bool { return l.failing != "" && at.Before(l.mended) }

// step returns which of its states the job is in at a time; -1 when nobody can read it.
func (l *life) step(at time.Time) int {
	if l.denied || !l.gone.IsZero() && !at.Before(l.gone) {
		return -1
	}
	n, _ := slices.BinarySearchFunc(l.since, at, func(since, at time.Time) int {
		if since.After(at) {
			return 1
		}
		return -1
	})
	return n - 1
}

// job is the job in one of its states. No two of them look the same.
func (l *life) job(step int) vectara.Job {
	return vectara.Job{
		ID: l.id, State: l.states[step], CreatedAt: l.since[0], StartedAt: l.since[step], Comment: strconv.Itoa(step),
	}
}

// ended is when the job came into a final state; the zero time if it does not, or if nobody can read it by then.
func (l *life) ended() time.Time {
	last := len(l.states) - 1
	if !slices.Contains(finalStates, l.states[last]) || l.step(l.since[last]) != last {
		return time.Time{}
	}
	return l.since[last]
}

// randomDuration is spread evenly over the orders of magnitude between two durations.
func randomDuration(r *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.Float64()))
}
