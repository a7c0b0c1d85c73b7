// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Metrics measure one operator. They are safe for concurrent use, and none of the methods that measure blocks.
type Metrics struct {
	requests        *prometheus.CounterVec
	requestDuration *prometheus.HistogramVec
	budgetWait      *prometheus.HistogramVec
	walks           *prometheus.CounterVec
	walkPages       *prometheus.CounterVec
	walkPageJobs    *prometheus.HistogramVec
	completionLag   *prometheus.HistogramVec
	jobsEnded       *prometheus.CounterVec
	jobRun          *prometheus.HistogramVec
	discoveredJobs  *prometheus.CounterVec
	writeFailures   *prometheus.CounterVec
	eventsLost      *prometheus.CounterVec

	views atomic.Pointer[Views]
}

var (
	_ jobs.Recorder        = &Metrics{}
	_ prometheus.Collector = &Metrics{}
)

// New makes metrics and registers them, in the place of those of an operator that was made before in the same process.
func New(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests:        apiRequests.newCounter(),
		requestDuration: apiRequestDuration.newHistogram(),
		budgetWait:      budgetWait.newHistogram(),
		walks:           walks.newCounter(),
		walkPages:       walkPages.newCounter(),
		walkPageJobs:    walkPageJobs.newHistogram(),
		completionLag:   completionLag.newHistogram(),
		jobsEnded:       jobsEnded.newCounter(),
		jobRun:          jobRun.newHistogram(),
		discoveredJobs:  discoveredJobs.newCounter(),
		writeFailures:   writeFailures.newCounter(),
		eventsLost:      eventsLost.newCounter(),
	}
	m.views.Store(&Views{})
	m.initialise()
	// A collector is known by what it describes, so that this takes away that of the operator before.
	registerer.Unregister(m)
	return m, registerer.Register(m)
}

// initialise makes the series that can be foreseen: the first event of a series that is there already counts in rate(),
// while one that comes into being with its first event shows no increase.
func (m *Metrics) initialise() {
	for _, operation := range operationNames {
		m.requests.WithLabelValues(operation, "200")
		m.requestDuration.WithLabelValues(operation)
	}
	m.budgetWait.WithLabelValues()
	walks.each(func(values ...string) { m.walks.WithLabelValues(values...) })
	walkPages.each(func(values ...string) { m.walkPages.WithLabelValues(values...) })
	m.walkPageJobs.WithLabelValues()
	m.completionLag.WithLabelValues()
	jobsEnded.each(func(values ...string) { m.jobsEnded.WithLabelValues(values...) })
	jobRun.each(func(values ...string) { m.jobRun.WithLabelValues(values...) })
	m.discoveredJobs.WithLabelValues()
	m.eventsLost.WithLabelValues()
	writeFailures.each(func(values ...string) { m.writeFailures.WithLabelValues(values...) })
}

// RoundTripEnded counts a request to Vectara. It is for vectara.Options.OnRoundTrip.
func (m *Metrics) RoundTripEnded(roundTrip vectara.RoundTrip) {
	operation := cmp.Or(operationNames[roundTrip.Operation], other)
	code := noResponse
	if roundTrip.StatusCode != 0 {
		code = strconv.Itoa(roundTrip.StatusCode)
	}
	m.requests.WithLabelValues(apiRequests.values(operation, code)...).Inc()
	m.requestDuration.WithLabelValues(operation).Observe(roundTrip.Duration.Seconds())
}

// LimiterWaited implements jobs.Recorder.
func (m *Metrics) LimiterWaited(d time.Duration) { m.budgetWait.WithLabelValues().Observe(d.Seconds()) }

// PageDelivered implements jobs.Recorder.
func (m *Metrics) PageDelivered(purpose jobs.Purpose, n int) {
	m.walkPages.WithLabelValues(walkPages.values(string(purpose))...).Inc()
	m.walkPageJobs.WithLabelValues().Observe(float64(n))
}

// WalkEnded implements jobs.Recorder.
func (m *Metrics) WalkEnded(purpose jobs.Purpose, outcome string) {
	m.walks.WithLabelValues(walks.values(string(purpose), outcome)...).Inc()
}

// JobEnded implements controller.MetricsRecorder.
func (m *Metrics) JobEnded(kind v1alpha1.JobType, outcome v1alpha1.JobState) {
	m.jobsEnded.WithLabelValues(jobsEnded.values(string(kind), string(outcome))...).Inc()
}

// JobRan implements controller.MetricsRecorder.
func (m *Metrics) JobRan(kind v1alpha1.JobType, outcome v1alpha1.JobState, d time.Duration) {
	m.jobRun.WithLabelValues(jobRun.values(string(kind), string(outcome))...).Observe(d.Seconds())
}

// EndShown implements controller.MetricsRecorder.
func (m *Metrics) EndShown(lag time.Duration) {
	m.completionLag.WithLabelValues().Observe(lag.Seconds())
}

// JobDiscovered counts VectaraJobs that a discovery created.
func (m *Metrics) JobDiscovered(n int) { m.discoveredJobs.WithLabelValues().Add(float64(n)) }

// WriteFailed implements controller.WriteFailureRecorder.
func (m *Metrics) WriteFailed(reason metav1.StatusReason) {
	m.writeFailures.WithLabelValues(writeFailures.values(string(reason))...).Inc()
}

// EventLost implements controller.EventLossRecorder.
func (m *Metrics) EventLost() { m.eventsLost.WithLabelValues().Inc() }
