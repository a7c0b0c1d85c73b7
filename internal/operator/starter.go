// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// crdInterval is how often the API server is polled for whether it serves the operator's kinds yet.
const crdInterval = 2 * time.Second

// ownKinds are the kinds that the operator serves.
var ownKinds = []struct{ name, plural, singular string }{
	{v1alpha1.VectaraJobKind, "vectarajobs", "vectarajob"},
	{v1alpha1.VectaraJobDiscoveryKind, "vectarajobdiscoveries", "vectarajobdiscovery"},
}

// starter starts the controllers once the API server serves their kinds. Until then the process lives and is not ready,
// which says more than a process that keeps crashing. It runs on every replica: a standby is ready too.
type starter struct {
	manager   manager.Manager
	discovery discovery.ServerResourcesInterface
	version   versionCheck
	setup     func(context.Context) error

	informers atomic.Pointer[[]cache.Informer]
}

var _ manager.LeaderElectionRunnable = &starter{}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (*starter) NeedLeaderElection() bool { return false }

// Start implements manager.Runnable. It returns when the controller has been handed to the manager.
func (s *starter) Start(ctx context.Context) error {
	if err := s.awaitCRD(ctx); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // The process ends.
		}
		return err
	}
	if err := s.setup(ctx); err != nil {
		return fmt.Errorf("setting up the controllers: %w", err)
	}
	var informers []cache.Informer
	for _, object := range []client.Object{&v1alpha1.VectaraJob{}, &v1alpha1.VectaraJobDiscovery{}, &corev1.Secret{}} {
		informer, err := s.manager.GetCache().GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watching %T: %w", object, err)
		}
		informers = append(informers, informer)
	}
	s.informers.Store(&informers)
	return nil
}

// awaitCRD returns once the API server serves the operator's kinds. It returns an error if it is too old to.
func (s *starter) awaitCRD(ctx context.Context) error {
	log := s.manager.GetLogger().WithValues("groupVersion", v1alpha1.GroupVersion)
	logged := false
	return wait.PollUntilContextCancel(ctx, crdInterval, true, func(ctx context.Context) (bool, error) {
		if err := s.version.check(ctrl.LoggerInto(ctx, log)); err != nil {
			return false, err
		}
		resources, err := s.discovery.ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
		missing := missingKinds(resources)
		switch {
		case err == nil && len(missing) == 0:
			return true, nil
		case logged:
		case err == nil || apierrors.IsNotFound(err):
			log.Info("Waiting for the CRDs: the API server does not serve all kinds yet", "missing", missing)
			logged = true
		default:
			log.Error(err, "Waiting for the API server to say which kinds it serves")
			logged = true
		}
		return false, nil
	})
}

// missingKinds are the operator's kinds that are not among what the API server serves.
func missingKinds(served *metav1.APIResourceList) []string {
	var missing []string
	for _, kind := range ownKinds {
		if served == nil || !slices.ContainsFunc(served.APIResources, func(resource metav1.APIResource) bool { return resource.Kind == kind.name }) {
			missing = append(missing, kind.name)
		}
	}
	return missing
}

// ready is the readiness check: the CRD is served, and the caches hold what the API server has.
func (s *starter) ready(*http.Request) error {
	informers := s.informers.Load()
	if informers == nil {
		return errors.New("the API server does not serve VectaraJobs and VectaraJobDiscoveries yet: are the CRDs installed?")
	}
	for _, informer := range *informers {
		if !informer.HasSynced() {
			return errors.New("the caches are not filled yet: may the manager list VectaraJobs, VectaraJobDiscoveries and Secrets?")
		}
	}
	return nil
}
