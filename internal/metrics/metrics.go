// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Metrics measure one operator. They are safe for concurrent use, and none of the methods that measure blocks.
type Metrics struct {
	requests        *prometheus.CounterVec
	requestDuration *prometheus.HistogramVec
	budgetWait      *prometheus.HistogramVec
	sweeps          *prometheus.CounterVec
	sweepPages      *prometheus.CounterVec
	sweepPageJobs   *prometheus.HistogramVec
	completionLag   *prometheus.HistogramVec
	jobsEnded       *prometheus.CounterVec
	jobRun          *prometheus.HistogramVec
	discoveredJobs  *prometheus.CounterVec

	views atomic.Pointer[Views]
}

var (
	_ jobs.Meter           = &Metrics{}
	_ prometheus.Collector = &Metrics{}
)

// New makes metrics and registers them, in the place of those of an operator that was made before in the same process.
func New(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests:        apiRequests.newCounter(),
		requestDuration: apiRequestDuration.newHistogram(),
		budgetWait:      budgetWait.newHistogram(),
		sweeps:          sweeps.newCounter(),
		sweepPages:      sweepPages.newCounter(),
		sweepPageJobs:   sweepPageJobs.newHistogram(),
		completionLag:   completionLag.newHistogram(),
		jobsEnded:       jobsEnded.newCounter(),
		jobRun:          jobRun.newHistogram(),
		discoveredJobs:  discoveredJobs.newCounter(),
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
	sweeps.each(func(values ...string) { m.sweeps.WithLabelValues(values...) })
	sweepPages.each(func(values ...string) { m.sweepPages.WithLabelValues(values...) })
	m.sweepPageJobs.WithLabelValues()
	m.completionLag.WithLabelValues()
	jobsEnded.each(func(values ...string) { m.jobsEnded.WithLabelValues(values...) })
	jobRun.each(func(values ...string) { m.jobRun.WithLabelValues(values...) })
	m.discoveredJobs.WithLabelValues()
}

// Exchanged counts a request to Vectara. It is for vectara.Options.OnExchange.
func (m *Metrics) Exchanged(exchange vectara.Exchange) {
	operation := cmp.Or(operationNames[exchange.Operation], other)
	code := noAnswer
	if exchange.StatusCode != 0 {
		code = strconv.Itoa(exchange.StatusCode)
	}
	m.requests.WithLabelValues(apiRequests.values(operation, code)...).Inc()
	m.requestDuration.WithLabelValues(operation).Observe(exchange.Duration.Seconds())
}

// BudgetWaited implements jobs.Meter.
func (m *Metrics) BudgetWaited(d time.Duration) { m.budgetWait.WithLabelValues().Observe(d.Seconds()) }

// PageCame implements jobs.Meter.
func (m *Metrics) PageCame(purpose jobs.Purpose, n int) {
	m.sweepPages.WithLabelValues(sweepPages.values(string(purpose))...).Inc()
	m.sweepPageJobs.WithLabelValues().Observe(float64(n))
}

// SweepEnded implements jobs.Meter.
func (m *Metrics) SweepEnded(purpose jobs.Purpose, outcome string) {
	m.sweeps.WithLabelValues(sweeps.values(string(purpose), outcome)...).Inc()
}

// JobEnded implements controller.Meter.
func (m *Metrics) JobEnded(kind v1alpha1.JobType, outcome v1alpha1.JobState) {
	m.jobsEnded.WithLabelValues(jobsEnded.values(string(kind), string(outcome))...).Inc()
}

// JobRan implements controller.Meter.
func (m *Metrics) JobRan(kind v1alpha1.JobType, outcome v1alpha1.JobState, d time.Duration) {
	m.jobRun.WithLabelValues(jobRun.values(string(kind), string(outcome))...).Observe(d.Seconds())
}

// EndShown implements controller.Meter.
func (m *Metrics) EndShown(lag time.Duration) {
	m.completionLag.WithLabelValues().Observe(lag.Seconds())
}

// JobDiscovered counts VectaraJobs that a discovery created.
func (m *Metrics) JobDiscovered(n int) { m.discoveredJobs.WithLabelValues().Add(float64(n)) }
