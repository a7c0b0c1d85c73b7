// SPDX-License-Identifier: Apache-2.0

// Package fluxcel evaluates the health checks that docs/gitops.md gives for Flux, with the library that Flux evaluates them
// with, over objects that were taken from an API server.
package fluxcel
