// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// life is a job's, as the soak had the simulator play it: what status may say is computed from it, and not asked of the
// simulator whose faults are part of the test.
type life struct {
	id, namespace, name string // of the object; a discovery chooses the name of its own
	account             int
	discovered          bool // a discovery creates the object
	ttl                 bool // the operator deletes the object

	corpus  string
	user    string // of nobody else, so that a mix-up of two jobs shows
	comment string // of the end

	added   time.Time // just before Vectara knew the job
	created time.Time // by Vectara's clock
	started time.Time // by Vectara's clock, of a job older than the soak; zero for others
	steps   []simulator.Step
	end     v1alpha1.JobState
	endedAt time.Time // just before the end; zero while the job goes on
}

// job is what the simulator is told.
func (l *life) job() simulator.Job {
	job := simulator.Job{
		ID: l.id, Type: string(v1alpha1.JobTypeReplaceFilterAttributes), CorpusKeys: []string{l.corpus},
		CreatedByUsername: l.user, CreatedAt: l.created, Steps: l.steps,
	}
	if !l.started.IsZero() {
		job.Extra = map[string]any{"started_at": l.started.Format(time.RFC3339)}
	}
	return job
}

// finish notes the end of the job.
func (l *life) finish(state v1alpha1.JobState, now time.Time) {
	l.end, l.endedAt = state, now
	l.comment = string(state) + ": " + l.user
}

// stage is how many of the job's states there have been before the present one, and when that began.
func (l *life) stage(now time.Time) (int, time.Time) {
	if !l.endedAt.IsZero() && !now.Before(l.endedAt) {
		return len(l.steps), l.endedAt
	}
	began := l.added
	for i, step := range l.steps[:len(l.steps)-1] {
		if now.Sub(began) < step.For {
			return i, began
		}
		began = began.Add(step.For)
	}
	return len(l.steps) - 1, began
}

// state is the name of a stage.
func (l *life) state(stage int) v1alpha1.JobState {
	if stage == len(l.steps) {
		return l.end
	}
	return v1alpha1.JobState(l.steps[stage].State)
}

// reached is the first stage from one on that has a state and that the job has reached by now.
func (l *life) reached(state v1alpha1.JobState, from int, now time.Time) (int, bool) {
	last, _ := l.stage(now)
	for stage := from; stage <= last; stage++ {
		if l.state(stage) == state {
			return stage, true
		}
	}
	return 0, false
}
