// SPDX-License-Identifier: Apache-2.0

package dashboard

import "strings"

// Resolve replaces the variables of an expression, as Grafana does it: the chosen jobs and replicas, each a regular
// expression, and the interval over which rates are taken.
func Resolve(expr, jobs, instances, interval string) string {
	return strings.NewReplacer("$job", jobs, "$instance", instances, "$__rate_interval", interval).Replace(expr)
}
