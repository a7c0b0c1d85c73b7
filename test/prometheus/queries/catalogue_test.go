// SPDX-License-Identifier: Apache-2.0

package queries

import (
	"slices"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/internal/metrics"
)

// metric is what is known of a metric: its labels, and the values that each may have; nil if they are not listed.
type metric map[string][]string

// targetLabels are what Prometheus, the Prometheus Operator and its users add to every series.
var targetLabels = []string{"job", "instance", "namespace", "cluster"}

// foreign are metrics that come with Prometheus, Go, controller-runtime and client-go. The test with a real Prometheus
// finds out if one is gone.
var foreign = map[string]metric{
	"up":                                 {},
	"controller_runtime_reconcile_total": {"controller": nil, "result": {"success", "error", "requeue", "requeue_after"}},
	"controller_runtime_reconcile_errors_total":        {"controller": nil},
	"controller_runtime_reconcile_time_seconds_bucket": {"controller": nil, "le": nil},
	"workqueue_depth":                         {"name": nil, "controller": nil, "priority": nil},
	"workqueue_queue_duration_seconds_bucket": {"name": nil, "controller": nil, "le": nil},
	"leader_election_master_status":           {"name": nil},
	"rest_client_requests_total":              {"method": nil, "code": nil, "host": nil},
	"process_cpu_seconds_total":               {},
	"process_resident_memory_bytes":           {},
	"go_memstats_heap_alloc_bytes":            {},
}

// catalogue is every metric that may be queried, by the name that PromQL knows it by.
func catalogue() map[string]metric {
	known := map[string]metric{}
	for name, m := range foreign {
		known[name] = m
	}
	for _, definition := range metrics.Definitions() {
		m := metric{}
		for _, label := range definition.Labels {
			m[label.Name] = label.Values
		}
		if definition.Kind != metrics.Histogram {
			known[definition.Name] = m
			continue
		}
		known[definition.Name+"_count"], known[definition.Name+"_sum"] = m, m
		known[definition.Name+"_bucket"] = metric{"le": nil}
		for label, values := range m {
			known[definition.Name+"_bucket"][label] = values
		}
	}
	return known
}

func (m metric) has(label string) bool {
	_, found := m[label]
	return found || slices.Contains(targetLabels, label)
}

// withoutSuffix is the name of the metric that a series belongs to.
func withoutSuffix(series string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if name, found := strings.CutSuffix(series, suffix); found {
			return name
		}
	}
	return series
}
