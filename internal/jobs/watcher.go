// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"slices"
	"time"
)

// watcher is a Watch, and what it was told.
type watcher struct {
	Watch
	session *session
	target  *target
	latest  *Observation
	due     time.Time // the zero time means never

	// wishes are what it wanted and since when, the present one last. Those before it are kept for calls that were sent
	// before it came up.
	wishes []wish
}

type wish struct {
	request Request
	since   time.Time
}

// maxWishes bounds the wishes that are kept. More of them come up during one call only if somebody makes a point of it,
// and then the call meets none.
const maxWishes = 16

// wants makes the Request of a watcher its present wish.
func (w *watcher) wants(request Request, now time.Time) {
	w.wishes = append(w.wishes, wish{request, now})
	if len(w.wishes) > maxWishes {
		w.wishes = slices.Delete(w.wishes, 0, len(w.wishes)-maxWishes)
	}
}

// answeredBy returns which of the watcher's wishes a call meets that was sent at a time, and false if the watcher had none
// by then.
func (w *watcher) answeredBy(asked time.Time) (Request, bool) {
	for i := len(w.wishes) - 1; i >= 0; i-- {
		if !asked.Before(w.wishes[i].since) {
			w.wishes = slices.Delete(w.wishes, 0, i)
			return w.wishes[0].request, true
		}
	}
	if w.latest != nil {
		return w.latest.Request, true // It meets nothing that was not met already.
	}
	// The watcher came while the call was under way, and shares the answer, unless it asked for a look of its own since.
	return w.Request, len(w.wishes) == 1 && w.rank() != requested
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
	kept := o
	if o.Job != nil {
		job := *o.Job // Of a page, say, of which nothing else is to be kept.
		kept.Job = &job
	}
	w.latest = &kept
	return true
}

// plan sets when the watcher wants its next look, after an answer. It stays due as it was if it wants something that
// this answer did not bring, or if it is for the gate to say when the session may ask again. News is to be read first:
// until then nothing would come of another look, and what the watcher makes of it may change its schedule.
func (w *watcher) plan(news bool) {
	switch {
	case w.latest.Request != w.Request || w.latest.Fault.concernsSession():
	case news:
		w.due = time.Time{}
	default:
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
		w.wants(watch.Request, now)
	}
	w.Watch = watch
	switch {
	case changed && w.rank() != routine:
		w.due = now
	case w.latest != nil && w.latest.Request == w.Request && (w.due.IsZero() || !w.latest.Fault.concernsSession()):
		w.due = w.Schedule.Next(*w.latest)
	}
}
