// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"time"
)

const (
	// socketBuffers is what the kernel takes of a body before the manager reads it, on both sides of a connection.
	socketBuffers = 12 << 20
	maxJobBody    = 1 << 20
	maxPageBody   = 16 << 20

	// apiDeadline is by when a request to the API server ends, other than a watch.
	apiDeadline = 60 * time.Second

	// What the manager may have in use at the end beyond what it had when it was ready: connections that are kept, and who
	// serves the scraper.
	moreGoroutines  = 30
	moreDescriptors = 25
	maxMemory       = 256 << 20
)

// checkCalls is I7, of calls: each ends by its deadline, and no more is read of a body than there may be.
func checkCalls(r *Record) []Violation {
	var violations []Violation
	for _, q := range r.Requests {
		if q.Kind == KindWatch || q.Status != 0 && q.Complete && q.Fault == nil {
			continue
		}
		end, deadline, most := q.Ended, requestTimeout, int64(maxJobBody+socketBuffers)
		if end == 0 {
			end = r.Ended
		}
		switch {
		case q.Side == API:
			deadline, most = apiDeadline, 1<<40
		case q.Kind == KindToken: // It is fetched for all who wait for it, each by a deadline of its own.
			deadline = 30 * time.Second
		case q.Kind == KindList:
			deadline, most = 30*time.Second, maxPageBody+socketBuffers
		}
		if took := end - q.Sent - r.stalled(q.Sent, end); took > deadline+slack {
			violations = append(violations, Violation{"I7", q.Object + q.JobID, end, fmt.Sprintf("request %d to %s (%s) took %v, and its deadline is %v", q.Number, q.Side, q.Kind, took.Round(time.Millisecond), deadline)})
		}
		if q.Bytes > most {
			violations = append(violations, Violation{"I7", q.Object + q.JobID, end, fmt.Sprintf("request %d (%s) read %d bytes", q.Number, q.Kind, q.Bytes)})
		}
	}
	return violations
}

// checkResources is I7, of resources: nothing outlives its use.
func checkResources(r *Record) []Violation {
	var violations []Violation
	var first *Resources
	for i := range r.Resources {
		used := &r.Resources[i]
		report := func(format string, values ...any) {
			violations = append(violations, Violation{Invariant: "I7", At: used.At, Text: fmt.Sprintf(format, values...)})
		}
		if used.PeakMemory > maxMemory {
			report("the manager took %d MiB of memory", used.PeakMemory>>20)
		}
		if first == nil || first.Process != used.Process {
			first = used
			continue
		}
		if more := used.Goroutines - first.Goroutines; more > moreGoroutines {
			report("the manager has %d goroutines more than when it was ready", more)
		}
		if more := used.Descriptors - first.Descriptors; more > moreDescriptors {
			report("the manager has %d file descriptors more than when it was ready", more)
		}
	}
	return violations
}
