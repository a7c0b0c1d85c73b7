// SPDX-License-Identifier: Apache-2.0

// Command example is a controller to copy from. It shows how to own a VectaraJob, how to wait for it, and how to act on
// its completion exactly once.
//
// Its parents are ConfigMaps with the annotation example.com/vectara-job-id. Follower, in follower.go, is all that
// matters here; the tests beside it run it on a real API server, with the real operator.
package main
