// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the API of the Vectara job operator: the VectaraJob resource, the names of its
// conditions and reasons, and helpers that read them.
//
// A VectaraJob mirrors one background job of the Vectara platform. Its status is only ever what Vectara said
// of that job; its conditions say whether the mirror is true (Synced), whether the job completed (Ready), and,
// in the words that kstatus understands, whether something is still happening (Reconciling) or needs a person
// (Stalled).
//
// The package depends on k8s.io/apimachinery and nothing else, so that any controller can import it.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +groupName=jobs.vectara.io
package v1alpha1
