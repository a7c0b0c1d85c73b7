// SPDX-License-Identifier: Apache-2.0

// Package alerts tests the alert rules of config/prometheus with Prometheus's own rule engine, and that docs/runbook.md
// explains them.
package alerts
