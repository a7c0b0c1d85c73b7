// SPDX-License-Identifier: Apache-2.0

// Package compat runs the operator on older versions of Kubernetes, of which hack/kubernetes builds the API servers. It is a module
// of its own, because "make test" does not build those: "make test-compat" does.
package compat
