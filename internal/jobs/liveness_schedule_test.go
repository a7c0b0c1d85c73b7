// SPDX-License-Identifier: Apache-2.0

package jobs

import "time"

// adaptiveSchedule is a schedule like the operator's: 10 % of the time in state, from 2 s to 60 s, with jitter. Vectara says
// since when a job has been in the state in which it is first seen.
type adaptiveSchedule struct {
	seed  uint64
	fixed time.Duration // 0 means adaptive
}

func (a adaptiveSchedule) First(now time.Time) time.Time {
	return now.Add(time.Duration(Fraction(a.seed, 0) * float64(time.Minute)))
}

func (a adaptiveSchedule) Next(o Observation) time.Time {
	interval := a.fixed
	switch {
	case o.Fault != nil:
		switch o.Fault.Kind {
		case Unauthorized, PermissionDenied:
			interval = 5 * time.Minute
		case NotFound:
			interval = 10 * time.Minute
		default:
			return o.Answered.Add(max(Backoff(o.Failures, a.seed^uint64(o.Answered.UnixNano())), min(o.Fault.RetryAfter, time.Minute)))
		}
	case o.Job == nil:
		return o.Answered // Nothing is known yet.
	case interval == 0:
		interval = min(max(o.Answered.Sub(o.Job.StartedAt)/10, 2*time.Second), time.Minute)
	}
	return o.Answered.Add(time.Duration(float64(interval) * (0.9 + 0.2*Fraction(a.seed, uint64(o.Answered.UnixNano())))))
}
