// SPDX-License-Identifier: Apache-2.0

// Command example has two controllers to copy from. They show how to wait for a VectaraJob, and how to act on its
// completion exactly once. The tests beside them run them on a real API server, with the real operator.
//
// Follower, in follower.go, makes VectaraJobs of its own: its parents are ConfigMaps with the annotation
// example.com/vectara-job-id. Starter, in starter.go, takes VectaraJobs that others made, such as a GitOps tool or a
// VectaraJobDiscovery.
package main
