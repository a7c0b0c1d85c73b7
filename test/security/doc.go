// SPDX-License-Identifier: Apache-2.0

// Package security tests what a cluster sets against misuse: Pod Security admission, network policies, the narrow permissions of
// config/namespaced, and the limits in config/policy, all on a real API server of their own.
package security
