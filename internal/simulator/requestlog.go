// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxLoggedBody bounds what the log keeps of a request's body, in bytes.
const maxLoggedBody = 64 << 10

// Request is one entry of the request log. It is the one place where credentials may be.
type Request struct {
	At         time.Time // by the simulator's clock
	Operation  Operation // "" for an unknown path or a method that is not allowed
	Method     string
	Path       string // as sent, still escaped
	Query      string // as sent, still escaped
	JobID      string // requested, or started
	Header     http.Header
	Body       []byte // its first 64 KiB
	Status     int    // of the response; 0 as long as there is none, and for ever after a hang or a reset
	RequestID  string
	RemoteAddr string
}

// ForOperation matches the requests of one operation.
func ForOperation(op Operation) func(Request) bool {
	return func(r Request) bool { return r.Operation == op }
}

// ForJob matches the requests that concern one job.
func ForJob(id string) func(Request) bool {
	return func(r Request) bool { return r.JobID == id }
}

// Responded matches the requests whose response has begun.
func Responded(r Request) bool { return r.Status != 0 }

func matchesAll(r Request, match []func(Request) bool) bool {
	for _, m := range match {
		if !m(r) {
			return false
		}
	}
	return true
}

// countKey is what requests are counted by; an empty field means any.
type countKey struct {
	op    Operation
	jobID string
}

// requestLog keeps the first entries and counts all.
type requestLog struct {
	limit int

	mu sync.Mutex
	// An entry is replaced and never changed, so that a copy of the slice can be read unlocked.
	entries []*Request
	first   uint64 // serial of entries[0]
	counts  map[countKey]int
	changed chan struct{} // closed at the next change; nil while nobody waits
}

func newRequestLog(limit int) *requestLog {
	return &requestLog{limit: limit, counts: map[countKey]int{}}
}

// add logs a request that came in and returns its serial number in the log.
func (l *requestLog) add(r *Request) (serial uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(r.Operation, r.JobID)
	serial = l.first + uint64(len(l.entries))
	if len(l.entries) >= l.limit {
		// No entry will ever have this number.
		serial = ^uint64(0)
	} else {
		l.entries = append(l.entries, r)
	}
	l.notify()
	return serial
}

// responded records the response to a logged request.
func (l *requestLog) responded(serial uint64, status int, startedJob string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if startedJob != "" {
		l.counts[countKey{OpStartJob, startedJob}]++
		l.counts[countKey{"", startedJob}]++
	}
	if i := serial - l.first; serial >= l.first && i < uint64(len(l.entries)) {
		entry := *l.entries[i]
		entry.Status = status
		if startedJob != "" {
			entry.JobID = startedJob
		}
		l.entries[i] = &entry
	}
	l.notify()
}

func (l *requestLog) count(op Operation, jobID string) {
	l.counts[countKey{}]++
	if op != "" {
		l.counts[countKey{op: op}]++
	}
	if jobID != "" {
		l.counts[countKey{"", jobID}]++
		l.counts[countKey{op, jobID}]++
	}
}

func (l *requestLog) notify() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// snapshot returns the entries there are.
func (l *requestLog) snapshot() []*Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// matching returns how many entries satisfy every match.
func (l *requestLog) matching(match []func(Request) bool) (n int) {
	for _, r := range l.snapshot() {
		if matchesAll(*r, match) {
			n++
		}
	}
	return n
}

// watch returns the number of requests counted and a channel that is closed at the next change.
func (l *requestLog) watch() (seen int, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.counts[countKey{}], l.changed
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Requests still in flight must not be taken for later ones.
	l.first += uint64(len(l.entries))
	l.entries = nil
	clear(l.counts)
	l.notify()
}

// Requests returns the logged requests that satisfy every match, in the order of their arrival.
// What it returns is shared: read it only.
func (s *Server) Requests(match ...func(Request) bool) []Request {
	var out []Request
	for _, r := range s.log.snapshot() {
		if matchesAll(*r, match) {
			out = append(out, *r)
		}
	}
	return out
}

// Count returns how many requests of an operation ("": any) concerned a job ("": any) since the
// start or the last ResetLog. It stays right when the log is full.
func (s *Server) Count(op Operation, jobID string) int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.counts[countKey{op, jobID}]
}

// ResetLog empties the log and sets all counts to zero.
func (s *Server) ResetLog() { s.log.reset() }

// WaitForRequests blocks until n requests that satisfy every match are in the log. A request is
// in the log from its arrival on; add Responded to wait for responses. With no match it goes by the
// count, which a full log does not stop. The error wraps the
// context's cause.
func (s *Server) WaitForRequests(ctx context.Context, n int, match ...func(Request) bool) error {
	for {
		// Watched before it is read, so that no change falls between the two.
		seen, changed := s.log.watch()
		if len(match) > 0 {
			seen = s.log.matching(match)
		}
		if seen >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("simulator: %d of %d awaited requests came: %w", seen, n, context.Cause(ctx))
		}
	}
}
