// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"slices"
	"time"
)

// The states that the simulator itself has to know. A script may use any other word.
const (
	stateQueued    = "queued"
	stateStarted   = "started"
	stateCompleted = "completed"
	stateFailed    = "failed"
	stateAborted   = "aborted"
)

// Job is a scripted job.
type Job struct {
	// ID is what requests name the job by.
	ID string
	// Type is left out of the response when empty.
	Type string
	// CorpusKeys are left out of the response when nil, and are [] when empty.
	CorpusKeys []string
	// CreatedByUsername is left out of the response when empty, as for a job that the system made.
	CreatedByUsername string
	// CreatedAt is the time of AddJob when zero.
	CreatedAt time.Time
	// Steps are the job's life. With none, its state is left out of the response.
	Steps []Step
	// StartOnFirstGet lets the first step begin with the first authorised GET of the job, and not
	// with AddJob.
	StartOnFirstGet bool
	// Extra is merged over the response. A nil value deletes the field; json.RawMessage("null")
	// makes it null. It changes nothing else: permissions and filters go by the job's own fields.
	Extra map[string]any
}

// Step is a stretch of a job's life.
type Step struct {
	// State is left out of the response when empty.
	State string
	// For is how long the step lasts. The last step lasts for ever, whatever it says.
	For time.Duration
	// Comment is left out of the response when empty.
	Comment string
}

// liveJob is a job whose life the simulator follows.
type liveJob struct {
	Job

	serial uint64    // distinguishes jobs that were created at the same time
	added  time.Time // when the simulator got to know it
	begun  time.Time // when the first step began; zero while it waits for its first GET
}

// newLiveJob takes a copy of what its author could still change.
func newLiveJob(job Job, serial uint64, now time.Time) *liveJob {
	job.CorpusKeys = slices.Clone(job.CorpusKeys)
	job.Steps = slices.Clone(job.Steps)
	job.Extra = maps.Clone(job.Extra)
	if job.CreatedAt.IsZero() {
		job.CreatedAt = now
	}
	live := &liveJob{Job: job, serial: serial, added: now}
	if !job.StartOnFirstGet {
		live.begun = now
	}
	return live
}

// moment is what a job's script says at one time.
type moment struct {
	step        int           // index of the present step; -1 without steps
	inStep      time.Duration // how long the present step has lasted
	state       string
	comment     string
	startedAt   time.Time // zero: not yet
	completedAt time.Time // zero: not yet, or not any more
}

// at computes where the job stands, so that no job costs anything while nobody requests it.
func (j *liveJob) at(now time.Time) moment {
	m := moment{step: -1}
	began := j.begun
	if began.IsZero() {
		began = now
	}
	for i, step := range j.Steps {
		m.step, m.state, m.comment = i, step.State, step.Comment
		m.inStep = max(now.Sub(began), 0)
		m.enter(step.State, began)
		if m.inStep < step.For || i == len(j.Steps)-1 {
			break
		}
		began = began.Add(step.For)
	}
	return m
}

// enter notes the times that go with the beginning of a state.
func (m *moment) enter(state string, began time.Time) {
	if state == stateStarted && m.startedAt.IsZero() {
		m.startedAt = began
	}
	switch {
	case !isFinal(state):
		m.completedAt = time.Time{}
	case m.completedAt.IsZero():
		m.completedAt = began
	}
}

func isFinal(state string) bool {
	return state == stateCompleted || state == stateFailed || state == stateAborted
}

// jump ends the script here and goes on with one last step.
func (j *liveJob) jump(last Step, now time.Time) {
	m := j.at(now)
	if j.begun.IsZero() {
		j.begun = now
	}
	// Readers hold copies of the old slice, so it is left as it is.
	steps := slices.Clone(j.Steps[:m.step+1])
	if m.step >= 0 {
		steps[m.step].For = m.inStep
	} else {
		j.begun = now
	}
	j.Steps = append(steps, last)
}

// fields builds the JSON object of a Job as the API words it.
func (j *liveJob) fields(now time.Time) map[string]any {
	m := j.at(now)
	out := map[string]any{"id": j.ID, "created_at": timestamp(j.CreatedAt)}
	setString(out, "type", j.Type)
	setString(out, "state", m.state)
	setString(out, "created_by_username", j.CreatedByUsername)
	setString(out, "comment", m.comment)
	setTime(out, "started_at", m.startedAt)
	setTime(out, "completed_at", m.completedAt)
	if j.CorpusKeys != nil {
		out["corpus_keys"] = j.CorpusKeys
	}
	for name, value := range j.Extra {
		if value == nil {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}

func setString(out map[string]any, name, value string) {
	if value != "" {
		out[name] = value
	}
}

func setTime(out map[string]any, name string, value time.Time) {
	if !value.IsZero() {
		out[name] = timestamp(value)
	}
}

func timestamp(t time.Time) string {
	return t.UTC().Format(time.RFC3339Nano)
}
