// SPDX-License-Identifier: Apache-2.0

// Package live lets a real Prometheus scrape the real manager while all kinds of things go wrong, with the shipped rules
// and the permissions that config/prometheus grants: every alert has to fire in its time, and every panel to have data.
package live
