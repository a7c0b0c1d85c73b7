// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Fault is something that goes wrong with matching requests, before credentials are checked.
//
// A fault that sets none of Status, Body and Redirect works upon the proper response: it may delay
// it, cut it, or add headers.
type Fault struct {
	// Operation is what the fault is limited to; any request, also one to an unknown path, when empty.
	Operation Operation
	// JobID is the job that the fault is limited to; any when empty.
	JobID string
	// Credential is the API key, or the ID of the OAuth client, that the fault is limited to; any when
	// empty. A request belongs to a client if it requests a token of it, or bears one that is known.
	Credential string
	// Times is how many requests the fault hits; zero means until it is removed.
	Times int
	// After lets that many matching requests pass first.
	After int

	// Status of the response, 200 to 999. Below 400 and with no Body, it only replaces the status of
	// the proper response.
	Status int
	// Body is sent as it is. When empty and Status is 400 or more, a fitting JSON error is sent.
	Body string
	// ContentType of the response; application/json when empty.
	ContentType string
	// Header is set over that of the response.
	Header http.Header
	// RetryAfter is the Retry-After header as it is.
	RetryAfter string
	// Redirect is the Location header; Status is then 307 unless given.
	Redirect string

	// Delay holds the response back. It was computed before, so it is as old as the delay.
	Delay time.Duration
	// Trickle sends the answer a byte at a time, and waits this long after each, until the client goes away.
	Trickle time.Duration
	// Hang sends nothing until the client goes away or the simulator is closed.
	Hang bool
	// Reset breaks the TCP connection with no response. An HTTP client may try again on its own if
	// the connection had served before.
	Reset bool
	// Truncate promises more bytes than it sends: a given Body whole and then the end of the
	// connection, or else the first half of the proper response.
	Truncate bool
	// Endless starts a JSON string that goes on for 4 GiB.
	Endless bool
	// GzipBomb sends about 1 MiB that unpacks to a JSON string of 1 GiB, whatever the client accepts.
	GzipBomb bool

	// The fields below change the proper response to a list. The Operation is then OpListJobs.

	// Lag leaves out the jobs that were added less than this ago.
	Lag time.Duration
	// Omit leaves out the jobs with these IDs.
	Omit []string
	// Empty returns a complete list of no jobs.
	Empty bool
	// PageSize is the most jobs that a page has, whatever limit the request has; no bound of its own when zero.
	PageSize int
	// FilterAfterPaging cuts pages before it applies the filters on states and corpora: a page may be short or
	// empty, and yet have a page key.
	FilterAfterPaging bool
}

// replaces reports whether the fault has a response of its own.
func (f *Fault) replaces() bool {
	return f.Status >= http.StatusBadRequest || f.Body != "" || f.Redirect != ""
}

// silent reports whether the fault leaves the client without a response.
func (f *Fault) silent() bool { return f.Hang || f.Reset }

// changesLists reports whether the fault changes what lists contain.
func (f *Fault) changesLists() bool {
	return f.Lag != 0 || len(f.Omit) > 0 || f.Empty || f.PageSize != 0 || f.FilterAfterPaging
}

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
	if f.Times < 0 || f.After < 0 || f.Delay < 0 || f.Trickle < 0 || f.Lag < 0 || f.PageSize < 0 {
		return fmt.Errorf("times %d, after %d, delay %s, trickle %s, lag %s, pageSize %d: want none of them negative",
			f.Times, f.After, f.Delay, f.Trickle, f.Lag, f.PageSize)
	}
	if f.changesLists() && f.Operation != OpListJobs {
		return fmt.Errorf("lag, omit, empty, pageSize, filterAfterPaging: want them with operation %q only", OpListJobs)
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

func (f *injected) matches(c *call, credential string) bool {
	return (f.Operation == "" || f.Operation == c.op) && (f.JobID == "" || f.JobID == c.jobID) &&
		(f.Credential == "" || f.Credential == credential)
}

// faults are those in place, oldest first.
type faults struct {
	mu     sync.Mutex
	serial uint64
	list   []*injected
}

func (l *faults) add(f Fault) (serial uint64) {
	f.Header = f.Header.Clone()
	f.Omit = slices.Clone(f.Omit)
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
func (l *faults) take(c *call, credential string) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.list {
		if !f.matches(c, credential) {
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
