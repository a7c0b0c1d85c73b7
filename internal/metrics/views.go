// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/version"
)

// Views show the present state. Each is called at every scrape, possibly by several at the same time. What has no view
// has no series.
type Views struct {
	// Sessions returns the state of the job source.
	Sessions func() jobs.Stats
	// Jobs returns all VectaraJobs, which are not changed here. It returns false as long as it is not for this process
	// to count them, or cannot.
	Jobs func() ([]v1alpha1.VectaraJob, bool)
	// Discoveries is to VectaraJobDiscoveries what Jobs is to VectaraJobs.
	Discoveries func() ([]v1alpha1.VectaraJobDiscovery, bool)
	// Writes tells how many objects could not be written, and for how long that has been so for one of them.
	Writes func() (unwritten int, oldest time.Duration)
	// Watches tells for how long the objects of a resource could not be listed or watched, by resource.
	Watches func() map[string]time.Duration
}

// Show has views read from the next scrape on.
func (m *Metrics) Show(views Views) { m.views.Store(&views) }

// descs are the descriptions of what is read at each scrape, by name.
var descs = describe(sessions, oldestOverdue, jobsByState, jobsBlocked, jobsSuspended, discoveries,
	unwrittenObjects, oldestUnwritten, watchFailing, buildInfo)

func describe(definitions ...Definition) map[string]*prometheus.Desc {
	described := map[string]*prometheus.Desc{}
	for _, d := range definitions {
		described[d.Name] = d.desc()
	}
	return described
}

func (m *Metrics) counted() []prometheus.Collector {
	return []prometheus.Collector{
		m.requests, m.requestDuration, m.budgetWait, m.walks, m.walkPages, m.walkPageJobs,
		m.completionLag, m.jobsEnded, m.jobRun, m.discoveredJobs, m.writeFailures, m.eventsLost,
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, collector := range m.counted() {
		collector.Describe(out)
	}
	for _, desc := range descs {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	for _, collector := range m.counted() {
		collector.Collect(out)
	}
	collectVersion(out)
	views := m.views.Load()
	if views.Sessions != nil {
		collectSessions(out, views.Sessions())
	}
	if views.Jobs != nil {
		if all, ok := views.Jobs(); ok {
			collectJobs(out, all)
		}
	}
	if views.Discoveries != nil {
		if all, ok := views.Discoveries(); ok {
			collectDiscoveries(out, all)
		}
	}
	if views.Writes != nil {
		unwritten, oldest := views.Writes()
		send(out, unwrittenObjects, float64(unwritten))
		send(out, oldestUnwritten, oldest.Seconds())
	}
	if views.Watches != nil {
		failing := views.Watches()
		watchFailing.each(func(values ...string) { send(out, watchFailing, failing[values[0]].Seconds(), values...) })
	}
}

func send(out chan<- prometheus.Metric, d Definition, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(descs[d.Name], prometheus.GaugeValue, value, labels...)
}

// sendAll sends a value for each value of a metric's one label, zero where there is none.
func sendAll(out chan<- prometheus.Metric, d Definition, counts map[string]int) {
	d.each(func(values ...string) { send(out, d, float64(counts[values[0]]), values...) })
}

func collectVersion(out chan<- prometheus.Metric) {
	send(out, buildInfo, 1, version.Version, runtime.Version())
}

func collectSessions(out chan<- prometheus.Metric, stats jobs.Stats) {
	sendAll(out, sessions, map[string]int{
		breakerClosed: stats.Closed, breakerRefused: stats.Refused, breakerPaused: stats.Paused, breakerUnavailable: stats.Unavailable,
	})
	send(out, oldestOverdue, stats.Overdue.Seconds())
}

func collectJobs(out chan<- prometheus.Metric, all []v1alpha1.VectaraJob) {
	states, blocked, suspended := map[string]int{}, map[string]int{}, 0
	for i := range all {
		object := &all[i]
		states[stateOf(object)]++
		if object.IsSuspended() {
			suspended++
		}
		if reason := blockedBy(object); reason != "" {
			blocked[reasonLabel.value(reason)]++
		}
	}
	sendAll(out, jobsByState, states)
	sendAll(out, jobsBlocked, blocked)
	send(out, jobsSuspended, float64(suspended))
}

func collectDiscoveries(out chan<- prometheus.Metric, all []v1alpha1.VectaraJobDiscovery) {
	readiness := map[string]int{}
	for i := range all {
		if object := &all[i]; !object.IsSuspended() && object.DeletionTimestamp.IsZero() {
			readiness[readyLabel.value(readinessOf(object))]++
		}
	}
	sendAll(out, discoveries, readiness)
}

// blockedBy is the reason why the job of an object cannot be seen; empty if it can, or if nobody wants to.
func blockedBy(object *v1alpha1.VectaraJob) string {
	if object.IsFinished() || object.IsSuspended() || !object.DeletionTimestamp.IsZero() {
		return ""
	}
	synced := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionSynced)
	if synced == nil || synced.Status != metav1.ConditionFalse {
		return ""
	}
	return synced.Reason
}
