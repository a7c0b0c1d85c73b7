// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"maps"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	// maxPrefetched and maxPrefetchedSize bound the prefetched observations of a session to 4 MiB.
	maxPrefetched     = 4096
	maxPrefetchedSize = 1 << 10

	// prefetchAge is how old a prefetched observation may be. It is as old as what others know whose jobs are listed once a
	// minute.
	prefetchAge = time.Minute
)

// prefetch holds what walks delivered for nobody: it may be the first observation of a subscriber that comes soon after, as
// those of a discovery do.
type prefetch struct {
	active, ended map[string]Observation
	expired       time.Time // when old ones were last removed

	// since is when the newest observation was asked that somebody who left had. Nothing older is kept, so that nobody who
	// comes back is told something older than it knew.
	since time.Time
}

func newPrefetch() prefetch {
	return prefetch{active: map[string]Observation{}, ended: map[string]Observation{}}
}

// put keeps an observation; active jobs first, if there is no room for all.
func (p *prefetch) put(o Observation) {
	if !o.Asked.After(p.since) || sizeOf(o.Job) > maxPrefetchedSize {
		return
	}
	p.expire(o.Answered)
	id := o.Job.ID
	delete(p.active, id)
	delete(p.ended, id)
	if full := len(p.active)+len(p.ended) >= maxPrefetched; full {
		if !isActive(o.Job.State) || len(p.ended) == 0 {
			return
		}
		for other := range p.ended {
			delete(p.ended, other)
			break
		}
	}
	job := *o.Job // Not the page that it is part of.
	o.Job = &job
	if isActive(job.State) {
		p.active[id] = o
	} else {
		p.ended[id] = o
	}
}

// take removes and returns what is known of a job.
func (p *prefetch) take(id string, now time.Time) (Observation, bool) {
	for _, kept := range []map[string]Observation{p.active, p.ended} {
		if o, ok := kept[id]; ok {
			delete(kept, id)
			return o, now.Sub(o.Asked) <= prefetchAge
		}
	}
	return Observation{}, false
}

// left takes notice that nobody subscribes to a job any more of which something is known.
func (p *prefetch) left(asked time.Time) { p.since = later(p.since, asked) }

// expire removes what is too old, now and then: there may be thousands.
func (p *prefetch) expire(now time.Time) {
	if now.Sub(p.expired) < prefetchAge/4 {
		return
	}
	p.expired = now
	old := func(_ string, o Observation) bool { return now.Sub(o.Asked) > prefetchAge }
	maps.DeleteFunc(p.active, old)
	maps.DeleteFunc(p.ended, old)
}

func (p *prefetch) len() int { return len(p.active) + len(p.ended) }

func sizeOf(job *vectara.Job) int {
	size := len(job.ID) + len(job.Type) + len(job.State) + len(job.CreatedByUsername) + len(job.Comment)
	for _, key := range job.CorpusKeys {
		size += len(key) + 16
	}
	return size
}
