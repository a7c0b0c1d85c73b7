// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// startWithMany starts a simulator of 10,000 jobs whose log is soon full, as in a long benchmark.
func startWithMany(b *testing.B) *harness {
	b.Helper()
	h := start(b, simulator.Options{MaxLog: 1000})
	for i := range 10_000 {
		job := base()
		job.ID = fmt.Sprintf("job_%05d", i)
		job.CreatedAt = epoch.Add(time.Duration(i) * time.Second)
		h.AddJob(job)
	}
	return h
}

func BenchmarkGetJob(b *testing.B) {
	h := startWithMany(b)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			url := fmt.Sprintf("%s/v2/jobs/job_%05d", h.URL(), i%10_000)
			if got, err := h.try(b.Context(), http.MethodGet, url, "", withKey(testKey)); err != nil || got.status != 200 {
				b.Errorf("got %d, %v", got.status, err)
			}
		}
	})
}

func BenchmarkListJobs(b *testing.B) {
	for name, query := range map[string]string{
		"first page":               "?limit=100",
		"a state that nobody has":  "?limit=100&state=aborted",
		"a corpus that nobody has": "?limit=100&corpus_key=none",
	} {
		b.Run(name, func(b *testing.B) {
			h := startWithMany(b)
			b.ReportAllocs()
			for b.Loop() {
				if got := h.get(b, "/v2/jobs"+query); got.status != 200 {
					b.Fatalf("got %d", got.status)
				}
			}
		})
	}
}
