// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Fault is something that goes wrong with matching requests, before credentials are looked at.
//
// A fault that sets none of Status, Body and Redirect works upon the proper answer: it may delay
// it, cut it, or add headers.
type Fault struct {
	// Operation is what the fault is limited to; any request, also one to an unknown path, when empty.
	Operation Operation
	// JobID is the job that the fault is limited to; any when empty.
	JobID string
	// Times is how many requests the fault hits; zero means until it is removed.
	Times int
	// After lets that many matching requests pass first.
	After int

	// Status of the answer, 200 to 999. Below 400 and with no Body, it only replaces the status of
	// the proper answer.
	Status int
	// Body is sent as it is. When empty and Status is 400 or more, a fitting JSON error is sent.
	Body string
	// ContentType of the answer; application/json when empty.
	ContentType string
	// Header is set over the answer's.
	Header http.Header
	// RetryAfter is the Retry-After header as it is.
	RetryAfter string
	// Redirect is the Location header; Status is then 307 unless given.
	Redirect string

	// Delay holds the answer back. What it says was computed before: it is as old as the delay.
	Delay time.Duration
	// Hang sends nothing until the client goes away or the simulator is closed.
	Hang bool
	// Reset breaks the TCP connection with no answer. An HTTP client may try again on its own if
	// the connection had served before.
	Reset bool
	// Truncate promises more bytes than it sends: a given Body whole and then the end of the
	// connection, or else the first half of the proper answer.
	Truncate bool
	// Endless starts a JSON string that goes on for 4 GiB.
	Endless bool
	// GzipBomb sends about 1 MiB that unpacks to a JSON string of 1 GiB, whatever the client accepts.
	GzipBomb bool
}

// replaces tells whether the fault brings an answer of its own.
func (f *Fault) replaces() bool {
	return f.Status >= http.StatusBadRequest || f.Body != "" || f.Redirect != ""
}

// silent tells whether the fault leaves the client without an answer.
func (f *Fault) silent() bool { return f.Hang || f.Reset }

// validate refuses what could not hit, or what no HTTP server could send.
func (f *Fault) validate() error {
	switch f.Operation {
	case "", OpGetJob, OpListJobs, OpToken, OpStartJob:
	default:
		return fmt.Errorf("operation %q: want one of %q", f.Operation, []Operation{OpGetJob, OpListJobs, OpToken, OpStartJob})
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		return fmt.Errorf("status %d: want 200 to 999", f.Status)
	}
	if f.Times < 0 || f.After < 0 || f.Delay < 0 {
		return fmt.Errorf("times %d, after %d, delay %s: want none of them negative", f.Times, f.After, f.Delay)
	}
	return nil
}

// injected is a fault in place, with what is left of it.
type injected struct {
	Fault

	serial uint64
	pass   int
	left   int
}

func (f *injected) matches(op Operation, jobID string) bool {
	return (f.Operation == "" || f.Operation == op) && (f.JobID == "" || f.JobID == jobID)
}

// faults are those in place, oldest first.
type faults struct {
	mu     sync.Mutex
	serial uint64
	list   []*injected
}

func (l *faults) add(f Fault) (serial uint64) {
	f.Header = f.Header.Clone()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serial++
	l.list = append(l.list, &injected{Fault: f, serial: l.serial, pass: f.After, left: f.Times})
	return l.serial
}

func (l *faults) remove(serial uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(f *injected) bool { return f.serial == serial })
}

// take returns the fault that hits this request; nil if none does.
func (l *faults) take(op Operation, jobID string) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.list {
		if !f.matches(op, jobID) {
			continue
		}
		if f.pass > 0 {
			f.pass--
			continue
		}
		if f.Times > 0 {
			f.left--
		}
		if f.Times > 0 && f.left == 0 {
			l.list = slices.Delete(l.list, i, i+1)
		}
		return &f.Fault
	}
	return nil
}

// Inject puts a fault in place until it has hit its number of times or remove is called. Of
// several that match a request, the oldest hits; so faults that hit once each form a sequence.
// It panics if the fault makes no sense (an unknown operation, a number out of bounds), as that is a
// mistake in the caller's code.
func (s *Server) Inject(f Fault) (remove func()) {
	if err := f.validate(); err != nil {
		panic("simulator: fault: " + err.Error())
	}
	serial := s.faults.add(f)
	return func() { s.faults.remove(serial) }
}
