// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	benchJobs  = 10_000
	benchPages = benchJobs / vectara.MaxPageSize
)

// noAPI never responds: a benchmark says itself what requests brought.
type noAPI struct{}

func (noAPI) GetJob(context.Context, string) (vectara.Job, error) { select {} }
func (noAPI) ListJobs(context.Context, vectara.ListQuery) (vectara.Page, error) {
	return vectara.Page{}, context.Canceled
}
func (noAPI) AlsoRedact(vectara.Credentials) {}

// steadySession is a session with 10,000 running jobs, one created each second, that are polled once a minute and were all
// polled at some time.
func steadySession(polled time.Time) *session {
	source := NewSource(func(vectara.Credentials, func()) API { return noAPI{} }, Limits{RequestsPerSecond: 1e9, Burst: 1e9}, func(Key) {})
	s := newSession(sessionKey{}, source, vectara.Credentials{})
	for i := range benchJobs {
		w := &subscriber{Subscription: watching(fmt.Sprint(i), settled, minutely)}
		w.answered, w.served = w.Request, true
		s.subscribe(w, polled)
		w.entry.deliver(Observation{Asked: polled, Answered: polled, Job: benchJob(i)})
		w.unread = false
		w.replan()
		s.place(w.entry)
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

// benchList is a complete list of the jobs of steadySession, page by page.
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

// BenchmarkUnchangedWalk takes in a complete list of 10,000 jobs that says nothing new.
func BenchmarkUnchangedWalk(b *testing.B) {
	now := time.Now()
	s, pages := steadySession(now), benchList()
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(2 * time.Minute)
		s.step(now) // All polls are due: a walk starts, and requests its first page.
		if len(s.walks) != 1 {
			b.Fatal("there is no walk")
		}
		w := s.walks[0]
		for _, page := range pages {
			s.finishPage(w, page, Observation{Asked: now, Answered: now})
			s.step(now)
		}
		if len(s.walks) != 0 || s.ready.len() > 0 || s.inFlight != 0 {
			b.Fatal("the walk is not over, or left something to be polled")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchJobs, "ns/job")
}

// BenchmarkPlan decides whether to list, with 10,000 polls that are due or soon will be.
func BenchmarkPlan(b *testing.B) {
	now := time.Now()
	s := steadySession(now)
	now = now.Add(2 * time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		d := s.demandFor(ForActive, now)
		if _, ok := plan(d.wanted, d.known, s.planner.pagesPerJob); !ok {
			b.Fatal("there is nothing to list")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchJobs, "ns/job")
}
