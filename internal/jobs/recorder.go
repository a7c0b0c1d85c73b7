// SPDX-License-Identifier: Apache-2.0

package jobs

import "time"

// Recorder records what a source does, for metrics. Its methods are called with the source locked: they must neither block
// nor call the source.
type Recorder interface {
	// LimiterWaited records how long a request waited for the rate limiter of its session.
	LimiterWaited(d time.Duration)
	// PageDelivered records how many jobs a page of a list held.
	PageDelivered(purpose Purpose, jobs int)
	// WalkEnded records how a walk ended.
	WalkEnded(purpose Purpose, outcome string)
}

// Purpose is what a walk is for.
type Purpose string

const (
	// ForActive is for a walk of the jobs that have not ended, instead of a GET for each.
	ForActive Purpose = "mirror"
	// ForEnded is for a walk of the jobs that have ended, when many left the active states at once.
	ForEnded Purpose = "ended"
	// ForDiscovery is for a walk that somebody subscribed to.
	ForDiscovery Purpose = "discovery"
)

// Purposes are all that there are.
func Purposes() []Purpose { return []Purpose{ForActive, ForEnded, ForDiscovery} }

// Outcomes are all that Recorder.WalkEnded may be given.
func Outcomes() []string {
	return []string{string(complete), string(satisfied), string(cutShort), string(failed), string(interrupted)}
}

type noRecorder struct{}

func (noRecorder) LimiterWaited(time.Duration) {}
func (noRecorder) PageDelivered(Purpose, int)  {}
func (noRecorder) WalkEnded(Purpose, string)   {}

// Stats are how a source stands at a time.
type Stats struct {
	// Closed, Refused, Paused and Unavailable count the sessions in use by their breaker: those that may send requests, and those
	// that may not as Vectara refused their credentials, asked for a pause, or is not available.
	Closed, Refused, Paused, Unavailable int
	// Overdue is how late the poll is that is latest; 0 if none is. Sessions whose credentials are refused do not count: they
	// wait for a person.
	Overdue time.Duration
}

// Stats returns how the source stands.
func (s *Source) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var stats Stats
	for _, session := range s.sessions {
		switch fault := session.breaker.fault; {
		case session.unused():
			continue
		case session.breaker.suspicion == Unauthorized, fault != nil && fault.Kind == Unauthorized:
			stats.Refused++ // Also where a single job uses the credentials, whose breaker never opens.
			continue
		case fault == nil:
			stats.Closed++
		case fault.Kind == RateLimited:
			stats.Paused++
		default:
			stats.Unavailable++
		}
		for _, e := range session.entries {
			if !e.next.IsZero() {
				stats.Overdue = max(stats.Overdue, now.Sub(e.next))
			}
		}
	}
	return stats
}
