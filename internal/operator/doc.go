// SPDX-License-Identifier: Apache-2.0

// Package operator puts the parts together: it reads and checks the options, and runs a manager with the cache, the
// job source, the controller, health checks and metrics that they configure.
package operator
