// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"

	"k8s.io/client-go/kubernetes"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// traffic is the number of requests to Vectara and to the API server so far.
type traffic struct {
	calls, gets, lists int // of Vectara
	connections        int // to Vectara
	writes, events     int // of VectaraJobs and of events, at the API server
}

// traffic counts. Writes are those of anybody to any namespace: while it matters, nobody but the operator writes.
func (f *fleet) traffic(ctx context.Context) (traffic, error) {
	t := traffic{
		calls:       f.vectara.Count("", ""),
		gets:        f.vectara.Count(simulator.OpGetJob, ""),
		lists:       f.vectara.Count(simulator.OpListJobs, ""),
		connections: f.vectara.Connections(),
	}
	clients, err := kubernetes.NewForConfig(f.cluster.Config)
	if err != nil {
		return t, err
	}
	metrics, err := clients.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return t, err
	}
	samples, err := harness.ReadMetrics(bytes.NewReader(metrics), "apiserver_request_total")
	if err != nil {
		return t, err
	}
	for _, s := range samples {
		switch {
		case !isWrite(s.Labels["verb"]):
		case s.Labels["resource"] == "vectarajobs":
			t.writes += int(s.Value)
		case s.Labels["resource"] == "events":
			t.events += int(s.Value)
		}
	}
	return t, nil
}

// during returns the traffic while something is done.
func (f *fleet) during(ctx context.Context, do func() error) (traffic, error) {
	before, err := f.traffic(ctx)
	if err != nil {
		return traffic{}, err
	}
	if err := do(); err != nil {
		return traffic{}, err
	}
	after, err := f.traffic(ctx)
	return after.since(before), err
}

func isWrite(verb string) bool {
	switch verb {
	case "POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION":
		return true
	default:
		return false
	}
}

// since is the traffic between two counts.
func (t traffic) since(before traffic) traffic {
	return traffic{
		calls:       t.calls - before.calls,
		gets:        t.gets - before.gets,
		lists:       t.lists - before.lists,
		connections: t.connections - before.connections,
		writes:      t.writes - before.writes,
		events:      t.events - before.events,
	}
}
