// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// slack is how far the soak's clock and that of a job's times may be apart: the machine is busy at times.
const slack = 5 * time.Second

// record is what is known of every job: what Vectara said, and what the objects' status said of it. It holds the
// invariants against both.
type record struct {
	mu     sync.Mutex
	lives  map[string]*entry // by job ID
	alive  int               // objects there are
	open   int               // objects there are, or are about to be
	states map[v1alpha1.JobState]int
	lags   lags
}

// entry is a job and what was seen of its object.
type entry struct {
	*life
	object    time.Time // when the soak created the object, or let a discovery do so
	uid       types.UID // of the object, from its first to its last event
	gone      time.Time // when the object was deleted; zero before
	seen      time.Time // when the object first had a state
	final     time.Time // when the object first had a final state
	reached   int       // the stage that status shows
	state     v1alpha1.JobState
	synced    metav1.ConditionStatus
	reason    string // of synced
	calls     int    // about the job, some time after the last that there may be; -1 before
	late      bool   // a violation was reported
	forgotten bool   // by Vectara
}

// view is an object as somebody who watches it sees it.
type view struct {
	uid    types.UID
	name   string
	status v1alpha1.VectaraJobStatus
	seen   bool
	synced metav1.ConditionStatus
	reason string
}

func newRecord() *record {
	return &record{lives: map[string]*entry{}, states: map[v1alpha1.JobState]int{}}
}

// add takes in a job whose object is about to be there.
func (r *record) add(l *life, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lives[l.id] = &entry{life: l, object: now, calls: -1}
	r.open++
}

// finish ends a job.
func (r *record) finish(id string, state v1alpha1.JobState, now time.Time) *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lives[id].life
	l.finish(state, now)
	return l
}

// see takes in an object as it is now, and returns what is wrong with it.
func (r *record) see(id string, v view, now time.Time) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.lives[id]
	if !ok {
		return []string{fmt.Sprintf("there is an object for the job %s, which nobody asked for", id)}
	}
	if !e.gone.IsZero() {
		if v.uid == e.uid {
			return nil // An old event.
		}
		return []string{e.words("its object was created anew after it had been deleted")}
	}
	if e.uid == "" {
		e.uid, e.name = v.uid, v.name
		r.alive++
		r.states[e.state]++
	}
	var wrong []string
	switch {
	case v.uid != e.uid:
		wrong = append(wrong, e.words("it has two objects"))
	case v.seen:
		wrong = r.compare(e, v, now)
	case !e.seen.IsZero():
		wrong = append(wrong, e.words("its object lost its status"))
	}
	e.synced, e.reason = v.synced, v.reason
	return wrong
}

// compare holds a status against the job's life.
func (r *record) compare(e *entry, v view, now time.Time) []string {
	if e.seen.IsZero() {
		e.seen = now
		r.lags.first.add(now.Sub(e.object))
	}
	state := v.status.State
	stage, ok := e.life.reached(state, e.reached, now)
	if !ok {
		if _, ok := e.life.reached(state, 0, now); ok {
			return []string{e.words("it went back from %s to %s", e.state, state)}
		}
		return []string{e.words("its status says %q, which Vectara never said", state)}
	}
	if state != e.state {
		r.states[e.state]--
		r.states[state]++
	}
	e.reached, e.state = stage, state
	if stage == len(e.steps) && e.final.IsZero() {
		e.final = now
		r.lags.end.add(now.Sub(e.endedAt))
	}
	return e.compareFields(v.status)
}

// compareFields holds what does not change, or changes with the end only, against the job's life.
func (e *entry) compareFields(status v1alpha1.VectaraJobStatus) []string {
	var wrong []string
	expect := func(what string, ok bool, got any) {
		if !ok {
			wrong = append(wrong, e.words("%s is %v", what, got))
		}
	}
	expect("type", status.Type == v1alpha1.JobTypeReplaceFilterAttributes, status.Type)
	expect("corpusKeys", slices.Equal(status.CorpusKeys, []string{e.corpus}), status.CorpusKeys)
	expect("createdByUsername", status.CreatedByUsername == e.user, status.CreatedByUsername)
	expect("createdAt", isAt(status.CreatedAt, e.created), status.CreatedAt)
	if !e.started.IsZero() {
		expect("startedAt", isAt(status.StartedAt, e.started), status.StartedAt)
	}
	if status.State.IsFinal() {
		expect("completedAt", isAt(status.CompletedAt, e.endedAt), status.CompletedAt)
		expect("comment", status.Comment == e.comment, status.Comment)
	} else {
		expect("completedAt", status.CompletedAt == nil, status.CompletedAt)
		expect("comment", status.Comment == "", status.Comment)
	}
	return wrong
}

func isAt(got *metav1.Time, want time.Time) bool {
	return got != nil && got.Sub(want).Abs() <= slack
}

// vanish takes in that an object is gone.
func (r *record) vanish(id string, uid types.UID, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.lives[id]; ok && e.uid == uid && e.gone.IsZero() {
		e.gone = now
		r.alive--
		r.open--
		r.states[e.state]--
	}
}

func (e *entry) words(format string, args ...any) string {
	return fmt.Sprintf("%s/%s (%s): ", e.namespace, e.name, e.id) + fmt.Sprintf(format, args...)
}
