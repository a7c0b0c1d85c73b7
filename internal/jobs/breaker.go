// SPDX-License-Identifier: Apache-2.0

package jobs

import "time"

const (
	// RefusedPause is how long credentials that Vectara refuses are left alone, unless the Secret changes or somebody
	// requests a poll.
	RefusedPause = 5 * time.Minute

	// refusedJobs and failedJobs are how many different jobs must fail in a row before it is held against the credentials, or
	// taken for an outage.
	refusedJobs = 2
	failedJobs  = 5

	// shortPause is how long a pause may be without anybody being told who waits for a first observation.
	shortPause = 5 * time.Second

	// probeLease is how long a probe without a response keeps others from being sent.
	probeLease = 10 * time.Second
)

type breakerState int

const (
	closed breakerState = iota
	open
	halfOpen
)

// breaker is the circuit breaker of a session. Closed lets requests through, open lets none through until a time, and half-open
// lets one through at a time until one succeeds. Libraries count failures; this one has to know which jobs they were of.
type breaker struct {
	fault  *Fault    // why it opened; nil while closed
	opened time.Time // requests that were sent before it opened do not count
	until  time.Time
	trips  int // in a row

	suspects  map[string]bool // the jobs that have failed in a row while it was closed
	suspicion FaultKind
	suspected time.Time // when the first of their requests was sent

	probe probe // that has no response yet
}

// probe is a request that finds out whether the breaker may close.
type probe struct {
	job  string // that it is for; empty for a page of a list
	sent time.Time
}

func (b *breaker) state(now time.Time) breakerState {
	switch {
	case b.fault == nil:
		return closed
	case now.Before(b.until):
		return open
	default:
		return halfOpen
	}
}

// blocksLists reports whether pages are held back too. An outage of GETs need not be one of lists, and who lists finds out
// with one page.
func (b *breaker) blocksLists() bool { return b.fault != nil && !b.fault.isOutage() }

// oneAtATime reports whether only one request may be in flight: in half-open, and while one more refusal would mean that
// the credentials are refused.
func (b *breaker) oneAtATime(now time.Time) bool {
	return b.state(now) != closed || b.suspicion == Unauthorized
}

// probeDue is when the next probe may be sent; zero means at once.
func (b *breaker) probeDue() time.Time {
	if b.probe == (probe{}) {
		return time.Time{}
	}
	return b.probe.sent.Add(probeLease)
}

// result is what came of a request, as far as the breaker is concerned.
type result struct {
	job            string // that was asked for; empty for a page of a list
	sent, answered time.Time
	fault          *Fault
	seed           uint64 // of the jitter of pauses
}

// abandon takes notice of a request that was cancelled.
func (b *breaker) abandon(job string, sent time.Time) {
	if b.probe == (probe{job, sent}) {
		b.probe = probe{}
	}
}

// record takes notice of a result. It reports whether the breaker has just opened.
func (b *breaker) record(r result) bool {
	b.abandon(r.job, r.sent)
	limited := r.fault != nil && r.fault.Kind == RateLimited
	if b.fault != nil && !r.sent.After(b.opened) {
		switch {
		case limited:
			b.fault, b.opened = r.fault, r.answered // What was sent before the pause does not end it.
			b.until = later(b.until, r.answered.Add(pauseAfter(r.fault, 1, r.seed)))
		case r.fault == nil && b.fault.Kind == Unauthorized && !r.sent.Before(b.suspected):
			*b = breaker{probe: b.probe} // The credentials are good: they were just accepted for another job.
		}
		return false
	}
	refused := r.fault != nil && r.fault.Kind == Unauthorized
	if refused && r.job != "" && b.fault != nil && b.fault.Kind != Unauthorized {
		*b = breaker{probe: b.probe} // The pause or the outage is over, and one refused job says nothing about the others.
	}
	failed := refused || r.fault != nil && r.fault.isOutage()
	switch {
	case limited:
		b.trip(r)
		return true
	case r.job == "" && r.fault != nil:
		// Lists may be refused or fail where single jobs do not. The next poll shows whether the credentials are good.
		if b.fault == nil && r.fault.Kind == Unauthorized && b.suspicion != Unauthorized {
			b.begin(Unauthorized, r.sent)
		}
		return false
	case failed && (b.fault != nil || b.suspect(r)):
		b.trip(r)
		return true
	case failed:
		return false
	default:
		*b = breaker{probe: b.probe}
		return false
	}
}

// suspect counts a failure, and reports whether it was one too many.
func (b *breaker) suspect(r result) bool {
	kind, limit := Unauthorized, refusedJobs
	if r.fault.isOutage() {
		kind, limit = Unavailable, failedJobs
	}
	if b.suspicion != kind {
		b.begin(kind, r.sent)
	}
	b.suspects[r.job] = true
	return len(b.suspects) >= limit
}

// begin begins to count failures of a kind.
func (b *breaker) begin(kind FaultKind, sent time.Time) {
	b.suspicion, b.suspects, b.suspected = kind, map[string]bool{}, sent
}

func (b *breaker) trip(r result) {
	trips := b.trips + 1
	*b = breaker{
		fault: r.fault, opened: r.answered, until: r.answered.Add(pauseAfter(r.fault, trips, r.seed)), trips: trips,
		suspected: b.suspected,
	}
}

// holds reports whether it stays open for so long that those who wait for a first observation are to be told.
func (b *breaker) holds(now time.Time) bool { return b.until.Sub(now) > shortPause }

// pauseAfter is how long the breaker stays open. Two jobs may be refused where the credentials are good, so the first pause
// after a refusal is short.
func pauseAfter(fault *Fault, trips int, seed uint64) time.Duration {
	backoff := Backoff(trips, seed)
	switch {
	case fault.Kind == RateLimited && fault.RetryAfter > 0:
		return fault.RetryAfter
	case fault.Kind == Unauthorized && trips > 1:
		return RefusedPause
	default:
		return max(backoff, min(fault.RetryAfter, MaxBackoff))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
