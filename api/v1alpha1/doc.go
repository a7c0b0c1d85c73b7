// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the API of the Vectara job operator: the resources VectaraJob and VectaraJobDiscovery,
// the names of their conditions and reasons, and helpers that read them.
//
// A VectaraJob mirrors one background job of the Vectara platform: spec names the job by its ID, and the operator
// polls Vectara and writes into status what it returns. Conditions say whether status is up to date (Synced), whether
// the job completed (Ready), and, in the words that kstatus understands, whether something is still happening
// (Reconciling) or needs a person (Stalled). A VectaraJobDiscovery creates a VectaraJob for each job that matches.
//
// The package depends on k8s.io/apimachinery and nothing else, so that any controller can import it. The apply
// configurations in the packages below it need k8s.io/client-go as well.
//
// Programs that act on a VectaraJob need one method, Outcome: how the job ended, or that it is open or blocked. IsObserved
// says whether the conditions are about the present spec; check it before you read one yourself. VectaraJob has the methods GetConditions and SetConditions, which the condition helpers of Flux and of Cluster API
// ask for.
//
// What is promised within v1alpha1: fields are added, and none is removed, renamed, retyped or made stricter. What a
// constant is called and what it says stay, as does what the helpers return for a status that they know. These are no
// breaks, and a program has to expect them: further states and types of jobs, which are Vectara's to add; further
// outcomes, conditions and reasons. Whoever switches over one of them has a default, which waits. Nothing is promised of
// the texts in messages, events and comments, which are for people.
//
// The Go code follows semantic versioning once the module has a tag of v1.0.0. Before that, a minor version may change
// names in Go, and its notes say so; resources in a cluster are not affected by that.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +groupName=jobs.vectara.io
package v1alpha1
