// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	benchJobs  = 10_000
	benchPages = benchJobs / vectara.MaxPageSize
)

// idleCaller makes no calls: a benchmark says itself what they brought.
type idleCaller struct{}

func (idleCaller) get(*session, *target)         {}
func (idleCaller) page(_ *session, sweep *sweep) { sweep.calling = true }

// crowdedSession is a session with 10,000 running jobs, one created each second, that are looked at once a minute and
// somebody looked at last at some time.
func crowdedSession(lookedAt time.Time) *session {
	s := newSession(sessionKey{}, nil, rate.NewLimiter(rate.Inf, 1), idleCaller{}, func(Key) {})
	for i := range benchJobs {
		w := &watcher{Watch: watching(fmt.Sprint(i), settled, minutely)}
		w.latest = &Observation{Asked: lookedAt, Answered: lookedAt, Request: w.Request, Job: benchJob(i)}
		w.plan(false)
		s.add(w)
		w.target.lookedAt = lookedAt
	}
	return s
}

func benchJob(i int) *vectara.Job {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	created := epoch.Add(time.Duration(i) * time.Second)
	return &vectara.Job{
		ID: fmt.Sprint("job_", i), Type: "rebuild_vector_index", State: "started", CorpusKeys: []string{"legal"},
		CreatedAt: created, StartedAt: created.Add(time.Second), CreatedByUsername: "jdoe",
	}
}

// benchList is a complete list of the jobs of crowdedSession, page by page.
func benchList() []vectara.Page {
	pages := make([]vectara.Page, benchPages)
	for i := range pages {
		for j := range vectara.MaxPageSize {
			pages[i].Jobs = append(pages[i].Jobs, *benchJob(i*vectara.MaxPageSize + j))
		}
		if i < benchPages-1 {
			pages[i].NextPageKey = fmt.Sprint("page ", i+1)
		}
	}
	return pages
}

// BenchmarkUnchangedSweep takes in a complete list of 10,000 watched jobs that says nothing new.
func BenchmarkUnchangedSweep(b *testing.B) {
	now := time.Now()
	s, pages := crowdedSession(now), benchList()
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(2 * time.Minute)
		s.step(now) // Everybody is due: a sweep begins, and asks for its first page.
		if s.sweep == nil || len(s.sweep.expected) != benchJobs {
			b.Fatal("there is no sweep of all jobs")
		}
		s.sweep.began = now
		for i, page := range pages {
			if i > 0 {
				s.step(now)
			}
			s.finishPage(pageAnswer{asked: now, answered: now, page: page})
		}
		if s.sweep != nil || s.ready.len() > 0 || s.calls != 0 {
			b.Fatal("the sweep is not over, or left something to be asked for")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchJobs, "ns/job")
}

// BenchmarkPlan decides whether to list, with 10,000 jobs that are due or will be soon.
func BenchmarkPlan(b *testing.B) {
	now := time.Now()
	s := crowdedSession(now)
	now = now.Add(2 * time.Minute)
	for s.waiting.len() > 0 {
		s.enqueue(s.waiting.first(), &s.ready)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.lister.notBefore = time.Time{}
		if s.lister.plan(s, now) == nil {
			b.Fatal("there is nothing to list")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchJobs, "ns/job")
}
