// SPDX-License-Identifier: Apache-2.0

// Package helm tests the Helm chart: what it renders with the helm commands of both major versions, and a release from its
// installation to its end on a real API server.
package helm
