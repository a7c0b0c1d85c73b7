// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// prefix starts the names of all metrics of the operator.
const prefix = "vectara_job_operator_"

// other stands for every value that a label has no name for.
const other = "other"

// Kind is what sort of metric it is, in Prometheus' words.
type Kind string

// The kinds that there are.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Definition says what a metric is.
type Definition struct {
	// Name is the whole name.
	Name string
	Kind Kind
	// Help says what the metric means, and in which unit it is.
	Help string
	// Labels are in the order in which values are given.
	Labels []Label
	// Buckets are the upper bounds of a histogram's buckets; nil for other kinds.
	Buckets []float64
}

// Label is a label of a metric.
type Label struct {
	Name string
	// Values are all that the label can have; nil if the build determines the one value.
	Values []string
	// Words describe the values where a list of them would say nothing; mostly empty.
	Words string
}

// value is what stands for a value in a label. It is one of the label's own, if that has a list.
func (l Label) value(v string) string {
	if l.Values == nil || slices.Contains(l.Values, v) {
		return v
	}
	return other
}

// values are what stands for values in the labels of a metric.
func (d Definition) values(of ...string) []string {
	values := make([]string, len(of))
	for i, v := range of {
		values[i] = d.Labels[i].value(v)
	}
	return values
}

// each calls a function with every combination of the labels' values.
func (d Definition) each(call func(values ...string)) {
	combinations := [][]string{nil}
	for _, label := range d.Labels {
		var longer [][]string
		for _, values := range combinations {
			for _, v := range label.Values {
				longer = append(longer, append(slices.Clip(values), v))
			}
		}
		combinations = longer
	}
	for _, values := range combinations {
		call(values...)
	}
}

func (d Definition) labelNames() []string {
	names := make([]string, len(d.Labels))
	for i, label := range d.Labels {
		names[i] = label.Name
	}
	return names
}

func (d Definition) desc() *prometheus.Desc {
	return prometheus.NewDesc(d.Name, d.Help, d.labelNames(), nil)
}

func (d Definition) newCounter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Name, Help: d.Help}, d.labelNames())
}

func (d Definition) newHistogram() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.Buckets}, d.labelNames())
}
