// SPDX-License-Identifier: Apache-2.0

// Package metrics measures what the operator does, for Prometheus.
//
// What is counted is counted when it happens, by the methods of Metrics. What is a state, such as the
// number of jobs in each state, is read at each scrape: see Views.
//
// No label takes a value that comes from outside as it is: every label has a list of values, and what is not on it
// counts as "other". So the number of series is bounded whatever Vectara returns, and no series names a job, an object
// or a namespace.
package metrics
