// SPDX-License-Identifier: Apache-2.0

// Package page stands around the Go code of docs/library.md: it declares what the page takes for granted.
package page

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	v1alpha1ac "github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// Follower is the reader's own controller.
type Follower struct{ client.Client }

func (f *Follower) Reconcile(context.Context, *corev1.ConfigMap) (ctrl.Result, error) {
	return ctrl.Result{}, nil
}

func (f *Follower) actOnce(context.Context, *corev1.ConfigMap) error { return nil }

func (f *Follower) tell(context.Context, *corev1.ConfigMap, *v1alpha1.VectaraJob) error { return nil }

func nameFor(*corev1.ConfigMap) string { return "" }

func wanted(*corev1.ConfigMap) *v1alpha1ac.VectaraJobApplyConfiguration { return nil }

const (
	jobIDAnnotation = "example.com/vectara-job-id"
	imageAnnotation = "example.com/run-when-completed"
	fieldOwner      = client.FieldOwner("follower")
	byOutcome       = "outcome"
)

var (
	f              *Follower
	ctx            context.Context
	mgr            ctrl.Manager
	reader, cached client.Reader
	indexer        client.FieldIndexer
	namespace      string
	state          v1alpha1.JobState
	outcome        v1alpha1.Outcome
	job            *v1alpha1.VectaraJob
	parent         *corev1.ConfigMap
	namesAJob      predicate.Predicate
)

// Starter is the other controller of the page.
type Starter struct{ client.Client }
