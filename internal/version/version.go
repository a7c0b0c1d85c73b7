// SPDX-License-Identifier: Apache-2.0

// Package version says which build this is.
package version

// Version is the version of the build. The linker sets it: see the build target of the Makefile.
var Version = "dev"
