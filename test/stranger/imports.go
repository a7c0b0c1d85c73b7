// SPDX-License-Identifier: Apache-2.0

package stranger

import (
	"context"
	"crypto/sha256"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	v1alpha1ac "github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// What go.mod has to have for the page.
var (
	_ context.Context
	_ = sha256.Sum256
	_ = fmt.Sprintf
	_ batchv1.Job
	_ corev1.ConfigMap
	_ = meta.FindStatusCondition
	_ metav1.ObjectMeta
	_ = runtime.NewScheme
	_ = metav1ac.OwnerReference
	_ = clientgoscheme.AddToScheme
	_ ctrl.Manager
	_ = builder.WithPredicates
	_ client.Client
	_ event.UpdateEvent
	_ predicate.Funcs
	_ reconcile.Request
	_ v1alpha1.VectaraJob
	_ = v1alpha1ac.VectaraJob
)
