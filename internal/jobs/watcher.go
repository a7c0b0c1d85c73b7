// SPDX-License-Identifier: Apache-2.0

package jobs

import "time"

// watcher is a Watch, and what it was told.
type watcher struct {
	Watch
	session *session
	target  *target
	latest  *Observation
	due     time.Time // the zero time means never

	wished time.Time // when it came to want its Request
	former Request   // what it wanted before; zero if it has wanted one thing only
}

// answeredBy returns which of the watcher's wishes a call meets that was sent at a time, and false if it meets none.
func (w *watcher) answeredBy(asked time.Time) (Request, bool) {
	switch {
	case !asked.Before(w.wished):
		return w.Request, true
	case w.former != Request{}:
		return w.former, true
	default:
		// It came while the call was under way, and shares the answer, unless it asked for a look of its own.
		return w.Request, w.rank() != requested
	}
}

// rank orders the targets that are due. A higher one goes first.
type rank int

const (
	// routine is for a look that the schedule wants.
	routine rank = iota
	// missed is for a job that was missing from a list.
	missed
	// awaited is for a look that somebody waits for: at a new resource, or after a change of its specification.
	awaited
	// requested is for a look that somebody asked for by name.
	requested
)

func (w *watcher) rank() rank {
	switch {
	case w.latest == nil && !w.Urgent, w.latest != nil && w.latest.Request == w.Request:
		return routine
	case w.Request.RequestedAt != "" && (w.latest == nil || w.latest.Request.RequestedAt != w.Request.RequestedAt):
		return requested
	default:
		return awaited
	}
}

// hear takes in an observation and reports whether it is news.
func (w *watcher) hear(o Observation) bool {
	if w.latest != nil && o.Asked.Before(w.latest.Asked) {
		return false
	}
	if o.Fault != nil && o.Failures == 0 {
		o.Failures = 1
		if w.latest != nil && w.latest.Fault != nil && w.latest.Fault.Kind == o.Fault.Kind {
			o.Failures += w.latest.Failures
		}
	}
	if w.latest != nil && w.latest.saysTheSame(&o) {
		// The job that it holds already is kept, and the memory of an answer that says no more is free again.
		w.latest.Asked, w.latest.Answered, w.latest.Failures = o.Asked, o.Answered, o.Failures
		return false
	}
	w.latest = &o
	return true
}

// plan sets when the watcher wants its next look, after an answer. It stays due as it was if it wants something that
// this answer did not bring, or if it is for the gate to say when the session may ask again.
func (w *watcher) plan() {
	if w.latest.Request == w.Request && !w.latest.Fault.concernsSession() {
		w.due = w.Schedule.Next(*w.latest)
	}
}

// reconsider sets when the watcher wants its first look with the credentials that it has now. A job that was well keeps
// its schedule; trouble may be over, and is looked at again.
func (w *watcher) reconsider(now time.Time) {
	switch {
	case w.latest == nil && w.Urgent:
		w.due = now
	case w.latest == nil:
		w.due = w.Schedule.First(now)
	case w.latest.Fault != nil || w.latest.Request != w.Request:
		w.latest, w.due = nil, now
	default:
		w.due = w.Schedule.Next(*w.latest)
	}
}

// update takes over what the watcher wants now.
func (w *watcher) update(watch Watch, now time.Time) {
	changed := w.Request != watch.Request
	if changed {
		w.former, w.wished = w.Request, now
	}
	w.Watch = watch
	switch {
	case changed && w.rank() != routine:
		w.due = now
	case w.latest != nil && w.latest.Request == w.Request && !w.latest.Fault.concernsSession():
		w.due = w.Schedule.Next(*w.latest)
	}
}
