// SPDX-License-Identifier: Apache-2.0

// Package install tests what installs and removes the operator without Helm: the make targets, config/ and dist/install.yaml, with the real
// kubectl and kustomize on real API servers.
package install
