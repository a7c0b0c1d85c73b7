// SPDX-License-Identifier: Apache-2.0

// Package conditions shows that the condition helpers of Flux and of Cluster API take a VectaraJob and a VectaraJobDiscovery
// as they are.
package conditions
