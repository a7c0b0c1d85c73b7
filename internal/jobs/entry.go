// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"slices"
	"time"
)

// walkPatience is how long a routine poll that is due waits at most for a walk to deliver its job.
const walkPatience = 10 * time.Second

// priority orders the entries whose poll is due. A higher one goes first.
type priority int

const (
	// routine is for a poll that only the schedule wants.
	routine priority = iota
	// waited is for a poll that somebody waits for: of a new resource, or after a change of its specification.
	waited
	// requested is for a poll that was requested by annotation.
	requested
)

// subscriber is a Subscription, and how far it has been served.
type subscriber struct {
	Subscription
	entry    *entry
	since    time.Time // when it came to have its present Request
	answered Request   // the newest Request that was answered
	served   bool      // whether it has been given an observation
	known    time.Time // when what it knows from its former credentials was asked; it is told nothing older
	unread   bool      // whether it has been notified and has not read since
	next     time.Time // when it wants the next poll; zero means never, or not before it has read
}

func (w *subscriber) priority() priority {
	switch {
	case w.answered == w.Request:
		return routine
	case w.answered.RequestedAt != w.Request.RequestedAt && w.Request.RequestedAt != "":
		return requested
	default:
		return waited
	}
}

// view is what the subscriber reads.
func (w *subscriber) view() Observation {
	o := w.entry.latest
	if o.Asked.Before(w.known) {
		o = Observation{Overdue: o.Overdue}
	}
	o.Request = w.answered
	return o
}

// replan sets when the subscriber wants the next poll, after it read or was told nothing new. One that was given nothing yet
// keeps its first poll, whatever others know.
func (w *subscriber) replan() {
	if o := w.view(); w.served && w.answered == w.Request && !o.Asked.IsZero() {
		w.next = w.Schedule.Next(o)
	}
}

// entry is one job of a session: who subscribed to it, the newest observation, and when to poll next.
type entry struct {
	id          string
	session     *session
	subscribers []*subscriber
	latest      Observation
	notBefore   time.Time // who subscribed before may know what was asked until then

	next     time.Time          // the earliest of the subscribers'; zero means never
	due      time.Time          // when the next poll was found to be due; before next if it has not been
	sent     time.Time          // when its newest GET was sent
	deadline time.Time          // until when a due poll may wait for a walk
	priority priority           // the highest of the subscribers'
	cancel   context.CancelFunc // of its own GET; nil if none is in flight

	queue *queue[*entry] // waiting or ready; nil while its GET is in flight or nothing is to be polled
	index int            // in that queue

	state    string    // the last one that Vectara returned; empty if none
	missedAt time.Time // when a walk was complete that should have delivered it, and did not
}

func (e *entry) position() *int { return &e.index }

// recompute sets when to poll the entry, and how urgently.
func (e *entry) recompute() {
	e.next, e.priority = time.Time{}, routine
	for _, w := range e.subscribers {
		e.priority = max(e.priority, w.priority())
		if !w.next.IsZero() && (e.next.IsZero() || w.next.Before(e.next)) {
			e.next = w.next
		}
	}
	e.deadline = e.next.Add(min(e.interval(), walkPatience))
}

// interval is the time from the last poll to the next; walkPatience before the first one.
func (e *entry) interval() time.Duration {
	if e.latest.Answered.IsZero() {
		return walkPatience
	}
	return max(e.next.Sub(e.latest.Answered), 0)
}

// dueSoon reports whether the next poll is due, or so soon that a list which is made now saves it. A quarter of the interval
// is more than the jitter of two polls, so that those polled together stay together.
func (e *entry) dueSoon(now time.Time) bool {
	return !e.next.IsZero() && (e.latest.Asked.IsZero() || e.next.Sub(now) <= e.interval()/4)
}

// missed reports whether nothing was heard of the entry since a walk should have delivered it.
func (e *entry) missed() bool { return e.missedAt.After(e.latest.Asked) }

// listable reports whether a list of active jobs may be expected to have the entry.
func (e *entry) listable() bool {
	switch {
	case e.priority == requested || e.cancel != nil || e.missed():
		return false
	case e.latest.Job != nil:
		return isActive(e.latest.Job.State)
	case e.latest.Fault != nil:
		return e.latest.Fault.Kind == RateLimited || e.latest.Fault.isOutage()
	default:
		return true
	}
}

// created is when the job was created; zero if that is not known.
func (e *entry) created() time.Time {
	if e.latest.Job != nil {
		return e.latest.Job.CreatedAt
	}
	for _, w := range e.subscribers {
		if !w.Created.IsZero() {
			return w.Created
		}
	}
	return time.Time{}
}

func (e *entry) timeout() time.Duration {
	longest := time.Duration(0)
	for _, w := range e.subscribers {
		longest = max(longest, w.Timeout)
	}
	return longest
}

func (e *entry) drop(w *subscriber) {
	e.subscribers = slices.DeleteFunc(e.subscribers, func(other *subscriber) bool { return other == w })
}

// deliver hands what a request brought to the subscribers: of a GET or of a page of a list alike. What was asked before
// the observation that is there already is dropped: this is the one place that keeps the order.
func (e *entry) deliver(o Observation) {
	if o.Asked.Before(e.latest.Asked) || o.Asked.Before(e.notBefore) {
		return
	}
	before := e.latest
	switch {
	case o.Fault != nil:
		o.Failures = 1
		if before.Fault != nil && before.Fault.Kind == o.Fault.Kind {
			o.Failures += before.Failures
		}
		o.StateSince = before.StateSince
	default:
		o.StateSince = before.StateSince
		if e.state != "" && e.state != o.Job.State || before.Job != nil && before.Job.State != o.Job.State {
			o.StateSince = o.Answered
		}
		e.state = o.Job.State
		if sameJob(before.Job, o.Job) {
			o.Job = before.Job // So that the memory of the response is free again.
		} else {
			job := *o.Job // Not the page that it is part of.
			o.Job = &job
		}
	}
	o.Overdue = e.session.stillOverdue(before.Overdue)
	e.latest = o
	changed := before.Asked.IsZero() || !before.sameResult(&o)
	for _, w := range e.subscribers {
		if o.Asked.Before(w.known) {
			w.served = false // If it was told that the poll is overdue, that is over.
			continue
		}
		answered := w.answered
		switch {
		case !o.Asked.Before(w.since):
			answered = w.Request
		case !w.served && w.since.Sub(o.Asked) <= prefetchAge:
			answered.Generation = w.Request.Generation // It shares what was asked before it came.
		}
		e.notify(w, answered, changed || before.Asked.Before(w.known))
	}
	e.session.place(e)
}

// notify enqueues a subscriber if there is something new for it to read. It is not polled for again before it has read that,
// as its schedule may change.
func (e *entry) notify(w *subscriber, answered Request, changed bool) {
	changed = changed || !w.served || answered != w.answered
	w.served, w.answered = true, answered
	switch {
	case changed:
		w.unread = true
		if w.answered == w.Request {
			w.next = time.Time{}
		}
		e.session.source.enqueue(w.Key)
	case !w.unread:
		w.replan()
	}
}

// overdue tells the subscribers why the entry is not polled although it should have been. What they know still stands.
func (e *entry) overdue(fault *Fault) {
	changed := !fault.Is(e.latest.Overdue)
	if changed {
		e.latest.Overdue = fault
	}
	for _, w := range e.subscribers {
		answered := w.answered
		answered.Generation = w.Request.Generation // What was requested by annotation is still to be done.
		if changed || !w.served || answered != w.answered {
			w.served, w.answered = true, answered
			e.session.source.enqueue(w.Key)
		}
	}
	e.session.place(e)
}

// inTime tells the subscribers that the entry is overdue no longer.
func (e *entry) inTime() {
	e.latest.Overdue = nil
	for _, w := range e.subscribers {
		e.session.source.enqueue(w.Key)
	}
}
