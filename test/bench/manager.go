// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// readyWithin bounds how long a manager may take until its caches are filled.
const readyWithin = 2 * time.Minute

// loopback is for metrics and profiles of our own children. The response to a profile comes after the time that it covers.
var loopback = &http.Client{Timeout: 2 * time.Minute}

// manager is the operator as a process, at work on one fleet.
type manager struct {
	*harness.Manager
	started time.Time
	ready   time.Time
	metrics string // URL
	pprof   string // URL; empty without profiles
	folder  string // for profiles
}

// launch starts the operator on the fleet, with the defaults of all flags that do not say where things are, but for
// leader election. Flags come after these.
func (f *fleet) launch(ctx context.Context, flags ...string) (*manager, error) {
	metrics, err := harness.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	m := &manager{metrics: "http://" + metrics + "/metrics", folder: f.options.profiles}
	all := []string{
		"--endpoint=" + f.vectara.URL(), "--token-url=" + f.vectara.TokenURL(), "--allow-insecure-endpoints",
		"--watch-namespaces=" + f.namespace, "--leader-elect=false",
		"--metrics-bind-address=" + metrics, "--metrics-secure=false",
	}
	if m.folder != "" {
		pprof, err := harness.FreeAddress(ctx)
		if err != nil {
			return nil, err
		}
		m.pprof = "http://" + pprof + "/debug/pprof/"
		all = append(all, "--pprof-bind-address="+pprof)
	}
	m.started = time.Now()
	m.Manager, err = f.cluster.StartManager(ctx, f.options.manager, append(all, flags...)...)
	return m, err
}

// startManager starts the operator on the fleet and waits until it is ready.
func (f *fleet) startManager(ctx context.Context, flags ...string) (*manager, error) {
	m, err := f.launch(ctx, flags...)
	if err != nil {
		return nil, err
	}
	if err := m.awaitReady(ctx); err != nil {
		m.Stop()
		return nil, err
	}
	return m, nil
}

func (m *manager) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := m.AwaitReady(ctx); err != nil {
		return err
	}
	m.ready = time.Now()
	return nil
}

// usage is what the manager's process has used and has in use.
type usage struct {
	cpu        time.Duration // since its start
	rss, peak  float64       // MiB
	goroutines int
	threads    int
}

func (m *manager) usage(ctx context.Context) (usage, error) {
	body, err := get(ctx, m.metrics)
	if err != nil {
		return usage{}, err
	}
	defer body.Close()
	samples, err := harness.ReadMetrics(body, "process_cpu_seconds_total", "process_resident_memory_bytes", "go_goroutines", "go_threads")
	if err != nil {
		return usage{}, err
	}
	if len(samples) != 4 {
		return usage{}, fmt.Errorf("the manager serves %d of the 4 metrics of what it uses", len(samples))
	}
	var u usage
	for _, s := range samples {
		switch s.Name {
		case "process_cpu_seconds_total":
			u.cpu = time.Duration(s.Value * float64(time.Second))
		case "process_resident_memory_bytes":
			u.rss = s.Value / (1 << 20)
		case "go_goroutines":
			u.goroutines = int(s.Value)
		case "go_threads":
			u.threads = int(s.Value)
		}
	}
	peak, err := procValue(fmt.Sprintf("/proc/%d/status", m.PID()), "VmHWM")
	u.peak = peak / (1 << 10)
	return u, err
}

func get(ctx context.Context, url string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := loopback.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s returned %s", url, response.Status)
	}
	return response.Body, nil
}
