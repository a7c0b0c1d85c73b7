// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

func prefetched(id, state string, asked time.Time) Observation {
	return Observation{Asked: asked, Answered: asked, Job: &vectara.Job{ID: id, State: state}}
}

func TestPrefetchIsBoundedAndKeepsActiveJobsFirst(t *testing.T) {
	now, p := time.Now(), newPrefetch()
	for i := range 100_000 {
		p.put(prefetched(fmt.Sprint("ended", i), "completed", now))
	}
	for i := range 1000 {
		p.put(prefetched(fmt.Sprint("active", i), "started", now))
	}
	huge := prefetched("huge", "started", now)
	huge.Job.Comment = strings.Repeat("x", 200_000)
	p.put(huge)
	if p.len() != maxPrefetched || len(p.active) != 1000 {
		t.Errorf("%d are kept, %d of them active, want %d and 1000", p.len(), len(p.active), maxPrefetched)
	}
	p.put(prefetched("later", "started", now.Add(2*prefetchAge)))
	if p.len() != 1 {
		t.Errorf("%d are kept two minutes later, want the new one", p.len())
	}
}

func TestPrefetchedObservationIsTakenOnceAndWhileItIsFresh(t *testing.T) {
	now, p := time.Now(), newPrefetch()
	p.put(prefetched("a", "started", now))
	p.put(prefetched("b", "started", now))
	if _, ok := p.take("a", now.Add(time.Second)); !ok {
		t.Error("nothing is known of a job that was listed a second ago")
	}
	if _, ok := p.take("a", now.Add(time.Second)); ok {
		t.Error("what was taken is there still")
	}
	if _, ok := p.take("b", now.Add(prefetchAge+time.Second)); ok {
		t.Error("what is older than a minute is taken")
	}
}

// TestNobodyIsToldSomethingOlderThanItKnew suspends and resumes somebody while a page is in flight.
func TestNobodyIsToldSomethingOlderThanItKnew(t *testing.T) {
	inAccount(t, ample, 1, func(w *world, a *account) {
		a.set("a0", "queued")
		w.source.WatchList(listing("all"))
		w.after(time.Second) // The list has prefetched that the job is queued.
		a.set("a0", "started")
		asking := watching("a0", func(w *Subscription) { w.Request.RequestedAt = "now" })
		w.source.Watch(asking)
		w.after(time.Second)
		if o := w.latest(asking); o == nil || o.Job == nil || o.Job.State != "started" {
			t.Fatalf("told %+v, want that the job has started", o)
		}
		w.source.Unwatch(asking.Key)
		resumed := watching("a0")
		if o := w.latest(resumed); o != nil && o.Job.State != "started" {
			t.Errorf("told %+v, which is older than what it knew", o)
		}
	})
}
