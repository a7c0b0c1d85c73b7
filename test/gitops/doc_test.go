// SPDX-License-Identifier: Apache-2.0

// Package gitops tests what docs/gitops.md, docs/pipelines.md and config/argocd give to users of Argo CD, Argo Workflows
// and Tekton. It runs without a control plane, over objects that test/e2e has taken from an API server and compares with
// it on every run.
package gitops
