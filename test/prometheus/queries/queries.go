// SPDX-License-Identifier: Apache-2.0

// Package queries gathers every query that config/prometheus and config/grafana put to Prometheus.
package queries

import (
	"fmt"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/dashboard"
	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

// Query is an expression, and where it stands.
type Query struct {
	// Where names the alert or the panel.
	Where string
	Expr  string
	// Legend is how the panel names the series; empty for an alert.
	Legend string
}

// Alerts are the expressions of the shipped alerts.
func Alerts(t testing.TB) []Query {
	t.Helper()
	var all []Query
	for _, rule := range manifests.Alerts(t) {
		all = append(all, Query{Where: "alert " + rule.Alert, Expr: rule.Expr})
	}
	return all
}

// Panels are the queries of the dashboard, with the variables replaced as Grafana does it when all replicas are chosen
// and a rate is to be taken over an interval such as "1m".
func Panels(interval string) []Query {
	var all []Query
	for _, row := range dashboard.Rows() {
		for _, panel := range row.Panels {
			for i, query := range panel.Queries {
				all = append(all, Query{
					Where:  fmt.Sprintf("panel %s / %s, query %d", row.Title, panel.Title, i+1),
					Expr:   dashboard.Resolve(query.Expr, ".+", ".+", interval),
					Legend: query.Legend,
				})
			}
		}
	}
	return all
}
