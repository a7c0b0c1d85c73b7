// SPDX-License-Identifier: Apache-2.0

// Package dashboard is what config/grafana is generated from: the panels of the dashboard and their queries, written with
// Grafana's own types for its dashboards, so that the result is one that Grafana reads.
package dashboard
