// SPDX-License-Identifier: Apache-2.0

// Package controller mirrors the job that each VectaraJob names, and creates the VectaraJobs of VectaraJobDiscoveries.
//
// Reconcile gathers what is known (the object, its Secret, the newest observation of the job), one pure function decides
// everything (status, what to watch, whether to delete, when to come back), and the decision is applied at one place, which
// writes only if something changed. It never waits: when there is no observation yet, the job source enqueues the object
// once there is one.
package controller
