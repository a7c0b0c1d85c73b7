// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// listJobs lists the VectaraJobs of a namespace, or of all if it is empty.
func listJobs(ctx context.Context, c client.Client, namespace, selector string) ([]v1alpha1.VectaraJob, error) {
	var list v1alpha1.VectaraJobList
	err := listInto(ctx, c, &list, namespace, selector)
	return list.Items, err
}

// listDiscoveries lists the VectaraJobDiscoveries of a namespace, or of all if it is empty. A cluster without their CRD has
// none.
func listDiscoveries(ctx context.Context, c client.Client, namespace, selector string) ([]v1alpha1.VectaraJobDiscovery, error) {
	var list v1alpha1.VectaraJobDiscoveryList
	err := listInto(ctx, c, &list, namespace, selector)
	if isKindMissing(err) {
		err = nil
	}
	return list.Items, err
}

func listInto(ctx context.Context, c client.Client, list client.ObjectList, namespace, selector string) error {
	parsed, err := labels.Parse(selector)
	if err != nil {
		return flagError("selector", "a label selector such as batch=night, got %q: %v", selector, err)
	}
	return c.List(ctx, list, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: parsed})
}

// find gets the VectaraJob or the VectaraJobDiscovery that a reference names.
func find(ctx context.Context, c client.Client, namespace string, named reference) (client.Object, error) {
	key := client.ObjectKey{Namespace: namespace, Name: named.name}
	job, discovery := &v1alpha1.VectaraJob{}, &v1alpha1.VectaraJobDiscovery{}
	switch named.kind {
	case v1alpha1.VectaraJobKind:
		return job, c.Get(ctx, key, job)
	case v1alpha1.VectaraJobDiscoveryKind:
		return discovery, c.Get(ctx, key, discovery)
	}
	noJob := c.Get(ctx, key, job)
	if noJob != nil && !isUnreadable(noJob) {
		return nil, noJob
	}
	noDiscovery := c.Get(ctx, key, discovery)
	switch {
	case noDiscovery != nil && !isUnreadable(noDiscovery):
		return nil, noDiscovery
	case noJob == nil && noDiscovery == nil:
		return nil, fmt.Errorf("%q is the name of a VectaraJob and of a VectaraJobDiscovery: expected vj/%s or vjd/%s", named.name, named.name, named.name)
	case noJob == nil:
		return job, nil
	case noDiscovery == nil:
		return discovery, nil
	case apierrors.IsForbidden(noJob) || isKindMissing(noJob):
		return nil, noJob
	case apierrors.IsForbidden(noDiscovery):
		return nil, errors.Join(noJob, noDiscovery)
	default:
		return nil, fmt.Errorf("%q not found: there is neither a VectaraJob nor a VectaraJobDiscovery of this name in the namespace %q",
			named.name, namespace)
	}
}

// isUnreadable reports whether an object of the other kind may still be the one that is meant.
func isUnreadable(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsForbidden(err) || isKindMissing(err)
}
