// SPDX-License-Identifier: Apache-2.0

// Package controller keeps each VectaraJob true to the job that it names.
//
// Reconcile reads the object, asks the job source what is known, lets pure functions decide (nextStatus, schedule), and
// writes at one place, only if something changed. It waits for nothing: when there is no answer yet, the job source
// wakes it once there is.
package controller
