// SPDX-License-Identifier: Apache-2.0

package jobs

import "time"

// Meter is told what a source does, for metrics. Its methods are called with the source locked: they must neither block
// nor call the source.
type Meter interface {
	// BudgetWaited tells for how long a session that had a call to make waited for its request budget.
	BudgetWaited(time.Duration)
	// PageCame tells how many jobs a page of a list held.
	PageCame(purpose Purpose, jobs int)
	// SweepEnded tells how a sweep ended.
	SweepEnded(purpose Purpose, outcome string)
}

// Purpose is what a sweep is made for.
type Purpose string

const (
	// ForActive is for a sweep that looks at many jobs which are not over, instead of asking for each.
	ForActive Purpose = "mirror"
	// ForEnded is for a sweep that looks for the jobs which were missing from one of those.
	ForEnded Purpose = "ended"
	// ForListing is for a sweep that somebody wants who lists jobs.
	ForListing Purpose = "discovery"
)

// Purposes are all that there are.
func Purposes() []Purpose { return []Purpose{ForActive, ForEnded, ForListing} }

// Outcomes are all that Meter.SweepEnded may be told.
func Outcomes() []string {
	return []string{complete.String(), held.String(), interrupted.String(), unprofitable.String(), unreliable.String()}
}

type noMeter struct{}

func (noMeter) BudgetWaited(time.Duration) {}
func (noMeter) PageCame(Purpose, int)      {}
func (noMeter) SweepEnded(Purpose, string) {}

// Stats are how a source stands at a time.
type Stats struct {
	// Open, Refused and Paused count the sessions that are in use: those that may ask, those whose credentials Vectara
	// refused, and those that Vectara told to wait.
	Open, Refused, Paused int
	// Overdue is for how long the look has been due that has waited longest; 0 if none is due. Sessions whose credentials
	// Vectara refused are left out: they wait for a person.
	Overdue time.Duration
}

// Stats tells how the source stands.
func (s *Source) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var stats Stats
	for _, session := range s.sessions {
		if session.unused() {
			continue
		}
		switch {
		case !session.gate.closed(now):
			stats.Open++
		case session.gate.fault.Kind == Unauthorized:
			stats.Refused++
			continue
		default:
			stats.Paused++
		}
		stats.Overdue = max(stats.Overdue, session.overdue(now))
	}
	return stats
}

// overdue is for how long the look has been due that has waited longest. A call that is under way counts as waiting.
func (s *session) overdue(now time.Time) time.Duration {
	longest := time.Duration(0)
	for _, t := range s.targets {
		if !t.due.IsZero() {
			longest = max(longest, now.Sub(t.due))
		}
	}
	return longest
}
