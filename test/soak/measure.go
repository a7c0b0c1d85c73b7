// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// samples are taken of what the manager holds on to.
const samples = 8

// children is for metrics and profiles of our own children, which may stand still for some seconds.
var children = &http.Client{Timeout: 30 * time.Second}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := children.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// use is what the manager uses and has counted so far.
type use struct {
	held
	cpu    time.Duration
	errors int // of reconciles
	panics int
}

// use reads the manager's metrics, and what the kernel knows of it. It holds the metrics against the keys.
func (w *world) use(ctx context.Context) (use, error) {
	const (
		cpu, rss, inUse, next, routines = "process_cpu_seconds_total", "process_resident_memory_bytes", "go_memstats_heap_inuse_bytes", "go_memstats_next_gc_bytes", "go_goroutines"
		failed, panicked                = "controller_runtime_reconcile_errors_total", "controller_runtime_reconcile_panics_total"
		mebibyte                        = 1 << 20
	)
	text, err := get(ctx, w.metrics)
	if err != nil {
		return use{}, err
	}
	w.report.violate(time.Now(), w.secrets.check("the metrics", string(text))...)
	found, err := harness.ReadMetrics(bytes.NewReader(text), cpu, rss, inUse, next, routines, failed, panicked)
	if err != nil {
		return use{}, err
	}
	var u use
	for _, s := range found {
		switch s.Name {
		case cpu:
			u.cpu = time.Duration(s.Value * float64(time.Second))
		case rss:
			u.RSS = s.Value / mebibyte
		case inUse:
			u.HeapInUse = s.Value / mebibyte
		case next:
			// The next collection comes when the live heap of the last one has doubled.
			u.HeapLive = s.Value / 2 / mebibyte
		case routines:
			u.Goroutines = s.Value
		case failed:
			u.errors += int(s.Value)
		case panicked:
			u.panics += int(s.Value)
		}
	}
	if u.RSS == 0 || u.HeapInUse == 0 || u.HeapLive == 0 || u.Goroutines == 0 {
		return u, errors.New("the manager does not say what it uses")
	}
	files, err := descriptors(w.manager.PID())
	if err != nil {
		return u, err
	}
	connections, err := connectionsTo(w.vectaraPort())
	u.Descriptors, u.Connections = float64(files), float64(connections)
	return u, err
}

// holds measures what the manager holds on to, after a garbage collection each time.
func (w *world) holds(ctx context.Context) (held, error) {
	var least held
	for i := range samples {
		if _, err := get(ctx, w.pprof+"heap?gc=1"); err != nil {
			return held{}, err
		}
		u, err := w.use(ctx)
		if err != nil {
			return held{}, err
		}
		if i == 0 {
			least = u.held
		}
		least = least.least(u.held)
		if !pass(ctx, w.options.measure/samples) {
			return held{}, context.Cause(ctx)
		}
	}
	return least, nil
}

// counts are what was asked of Vectara and of the API server so far.
type counts struct {
	gets, lists, tokens, writes int
	connections                 int // to Vectara, ever
}

func (c counts) calls() int { return c.gets + c.lists + c.tokens }

func (w *world) counts(ctx context.Context) (counts, error) {
	c := counts{
		gets: w.vectara.Count(simulator.OpGetJob, ""), lists: w.vectara.Count(simulator.OpListJobs, ""),
		tokens: w.vectara.Count(simulator.OpToken, ""), connections: w.vectara.Connections(),
	}
	text, err := w.clients.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return c, err
	}
	found, err := harness.ReadMetrics(bytes.NewReader(text), "apiserver_request_total")
	for _, s := range found {
		if s.Labels["resource"] == "vectarajobs" && s.Labels["subresource"] == "status" {
			c.writes += int(s.Value)
		}
	}
	return c, err
}
