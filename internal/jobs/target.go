// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"slices"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// target is one job of a session, with everyone who watches it.
type target struct {
	id       string
	watchers []*watcher
	due      time.Time          // earliest of the watchers'; the zero time means never
	rank     rank               // highest of the watchers'
	cancel   context.CancelFunc // not nil while a call for this job alone is under way
	queue    *queue[*target]    // waiting, ready, or nil
	place    int                // in that queue

	lookedAt time.Time // when the last call was sent that brought anything of it; the zero time means never
	missing  bool      // whether it was missing from a list, and is to be asked for alone
	// unlisted is true of a job that exists, and that lists do not show.
	unlisted bool
}

func (t *target) position() *int { return &t.place }

// drop takes a watcher out.
func (t *target) drop(w *watcher) {
	t.watchers = slices.DeleteFunc(t.watchers, func(other *watcher) bool { return other == w })
}

// weigh works out when the target is due, and how urgently.
func (t *target) weigh() {
	t.due, t.rank = time.Time{}, routine
	for _, w := range t.watchers {
		t.rank = max(t.rank, w.rank())
		if !w.due.IsZero() && (t.due.IsZero() || w.due.Before(t.due)) {
			t.due = w.due
		}
	}
	if t.missing {
		t.rank = max(t.rank, missed)
	}
}

// job is the job as Vectara last returned it; nil if nothing is known, or if the last look failed.
func (t *target) job() *vectara.Job {
	for _, w := range t.watchers {
		if w.latest != nil && w.latest.Job != nil {
			return w.latest.Job
		}
	}
	return nil
}

// denied reports whether Vectara said something of this very job that keeps it from being seen. What kept any job from
// being seen says nothing about whether a list would bring it.
func (t *target) denied() bool {
	for _, w := range t.watchers {
		if w.latest != nil && w.latest.Fault != nil && w.latest.Fault.Kind != Unavailable && !w.latest.Fault.concernsSession() {
			return true
		}
	}
	return false
}

// created is when the job was created, and the zero time if that is not known.
func (t *target) created() time.Time {
	if job := t.job(); job != nil {
		return job.CreatedAt
	}
	for _, w := range t.watchers {
		if !w.Created.IsZero() {
			return w.Created
		}
	}
	return time.Time{}
}

// tell hands an observation to the watchers, has those woken to whom it is news, and plans their next looks.
func (t *target) tell(o Observation, wake func(Key)) {
	if o.Asked.Before(t.lookedAt) {
		return // A later call was faster.
	}
	t.lookedAt = o.Asked
	for _, w := range t.watchers {
		told := o
		var ok bool
		if told.Request, ok = w.answeredBy(o.Asked); !ok {
			continue
		}
		news := w.hear(told)
		w.plan(news)
		if news {
			wake(w.Key)
		}
	}
}
