// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// mostViolations is how many are kept. One defect shows in thousands of objects.
const mostViolations = 200

// report is what a soak brought.
type report struct {
	Began       time.Time      `json:"began"` // of the turnover and the faults
	Ended       time.Time      `json:"ended"`
	Duration    string         `json:"duration"`
	Size        int            `json:"size"`
	Turnover    float64        `json:"turnover"`
	Seed        uint64         `json:"seed"`
	Before      held           `json:"before"`
	After       held           `json:"after"`
	Peak        held           `json:"peak"`                  // in between, every few seconds
	Converged   float64        `json:"convergedAfterSeconds"` // after the last fault
	FirstStatus quantiles      `json:"firstStatus"`
	EndSeen     quantiles      `json:"endSeen"`
	Jobs        int            `json:"jobs"` // whose objects there were
	Finished    int            `json:"finishedJobs"`
	CPU         float64        `json:"managerCPUSeconds"` // since Began
	Counts      map[string]int `json:"counts"`
	Faults      []fault        `json:"faults"`
	Points      []point        `json:"points"`
	Troubles    []string       `json:"troubles,omitempty"` // of the soak itself
	Violations  []violation    `json:"violations"`

	mu     sync.Mutex
	out    io.Writer
	more   int // violations that are not kept
	events int
}

type violation struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// point is the curve at one time.
type point struct {
	At      float64                   `json:"atSeconds"`
	Objects int                       `json:"objects"`
	States  map[v1alpha1.JobState]int `json:"states"`
	Gets    int                       `json:"gets"` // since the last point, as are those below
	Lists   int                       `json:"lists"`
	Tokens  int                       `json:"tokens"`
	Writes  int                       `json:"writes"`
	Events  int                       `json:"events"`
	Errors  int                       `json:"errors"`
	CPU     float64                   `json:"cpuSeconds"`
	Faults  int                       `json:"faults"` // so far
	First   float64                   `json:"longestFirstStatusSeconds"`
	Lag     float64                   `json:"longestEndSeenSeconds"`
	Behind  float64                   `json:"behindSeconds"` // the longest at present
	held
}

func (r *report) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "%s  %s\n", time.Now().UTC().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// violate notes what must not be.
func (r *report) violate(now time.Time, what ...string) {
	for _, w := range what {
		if r.keep(violation{At: now, What: w}) {
			r.say("VIOLATION: %s", w)
		}
	}
}

// keep keeps a violation, or counts it if there are too many.
func (r *report) keep(v violation) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.Violations) == mostViolations {
		r.more++
		return false
	}
	r.Violations = append(r.Violations, v)
	return true
}

// trouble notes what went wrong for the soak itself, and is nobody's fault.
func (r *report) trouble(what string, err error) {
	text := fmt.Sprintf("%s %s: %v", time.Now().UTC().Format(time.TimeOnly), what, err)
	r.mu.Lock()
	if len(r.Troubles) < mostViolations {
		r.Troubles = append(r.Troubles, text)
	}
	r.mu.Unlock()
}

func (r *report) fault(f fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Faults = append(r.Faults, f)
}

func (r *report) countEvent() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events++
}

// add takes in a point and prints it.
func (r *report) add(p point) {
	r.mu.Lock()
	if len(r.Points) == 0 {
		fmt.Fprintln(r.out, "    time objects queued started retry final | GET LIST token writes events errors cpu | first lag behind | live inuse rss goroutines fds conns | faults")
	}
	p.Faults = len(r.Faults)
	r.Points = append(r.Points, p)
	fmt.Fprintf(r.out, "%8s %7d %6d %7d %5d %5d | %d %d %d %d %d %d %.1fs | %.1fs %.1fs %.0fs | %.1f %.1f %.1f %.0f %.0f %.0f | %d\n",
		(time.Duration(p.At) * time.Second).String(), p.Objects,
		p.States[v1alpha1.JobStateQueued], p.States[v1alpha1.JobStateStarted], p.States[v1alpha1.JobStateFailedWillRetry],
		p.States[v1alpha1.JobStateCompleted]+p.States[v1alpha1.JobStateFailed]+p.States[v1alpha1.JobStateAborted],
		p.Gets, p.Lists, p.Tokens, p.Writes, p.Events, p.Errors, p.CPU, p.First, p.Lag, p.Behind,
		p.HeapLive, p.HeapInUse, p.RSS, p.Goroutines, p.Descriptors, p.Connections, p.Faults)
	r.mu.Unlock()
}

// conclude prints what came of it.
func (r *report) conclude(out io.Writer) {
	fmt.Fprintf(out, "before: %+v\nafter:  %+v\npeak:   %+v\n", r.Before, r.After, r.Peak)
	fmt.Fprintf(out, "%d jobs, %d ended, %d faults; converged %.1f s after the last; first status %+v; end seen %+v\n",
		r.Jobs, r.Finished, len(r.Faults), r.Converged, r.FirstStatus, r.EndSeen)
	if len(r.Violations) == 0 {
		fmt.Fprintln(out, "soak: nothing was violated; seed", r.Seed)
		return
	}
	fmt.Fprintf(out, "soak: %d violations; repeat with --seed=%d\n", len(r.Violations)+r.more, r.Seed)
}

// write stores the report as JSON; an empty name means nowhere.
func (r *report) write(name string) error {
	if name == "" {
		return nil
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, '\n'), 0o600)
}
