// SPDX-License-Identifier: Apache-2.0

// Package stranger is a module of its own that compiles the Go code of docs/library.md as a reader of that page would: with
// the imports that it names, and none of this repository's other packages.
package stranger
