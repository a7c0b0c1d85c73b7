// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// cachedKinds are the options for VectaraJobs and VectaraJobDiscoveries, which must have the same label selector, and for Secrets.
func cachedKinds(t *testing.T, options cache.Options) (cachedJobs, cachedSecrets cache.ByObject) {
	t.Helper()
	var discoveries cache.ByObject
	for object, by := range options.ByObject {
		switch object.(type) {
		case *v1alpha1.VectaraJob:
			cachedJobs = by
		case *v1alpha1.VectaraJobDiscovery:
			discoveries = by
		case *corev1.Secret:
			cachedSecrets = by
		default:
			t.Errorf("%T is cached too", object)
		}
	}
	if len(options.ByObject) != 3 {
		t.Fatalf("%d kinds are cached, want three", len(options.ByObject))
	}
	if got, want := discoveries.Label.String(), cachedJobs.Label.String(); got != want {
		t.Errorf("The VectaraJobDiscoveries with %q are watched, and the VectaraJobs with %q", got, want)
	}
	return cachedJobs, cachedSecrets
}

func TestOnlySecretsMadeForTheOperatorAreWatched(t *testing.T) {
	_, secrets := cachedKinds(t, cacheOptions(parse(t)))
	if secrets.Field == nil {
		t.Fatal("All Secrets are watched")
	}
	if got, want := secrets.Field.String(), "type=jobs.vectara.io/credentials"; got != want {
		t.Errorf("The Secrets with %q are watched, want those with %q", got, want)
	}
	if secrets.Field.Matches(fields.Set{"type": "Opaque"}) {
		t.Error("Opaque Secrets are watched")
	}
}

func TestTheLabelSelectorIsForVectaraJobs(t *testing.T) {
	jobs, secrets := cachedKinds(t, cacheOptions(parse(t, "--watch-label-selector=shard=a")))
	if !jobs.Label.Matches(labels.Set{"shard": "a"}) || jobs.Label.Matches(labels.Set{"shard": "b"}) || jobs.Label.Matches(labels.Set{}) {
		t.Errorf("The VectaraJobs with %q are watched", jobs.Label)
	}
	if secrets.Label != nil && !secrets.Label.Empty() {
		t.Errorf("Only the Secrets with %q are watched: other managers need theirs too", secrets.Label)
	}
}

func TestWatchedNamespaces(t *testing.T) {
	if got := cacheOptions(parse(t)).DefaultNamespaces; len(got) != 0 {
		t.Errorf("By default the namespaces are %v, want all", got)
	}
	got := slices.Sorted(maps.Keys(cacheOptions(parse(t, "--watch-namespaces=search,finance")).DefaultNamespaces))
	if want := []string{"finance", "search"}; !slices.Equal(got, want) {
		t.Errorf("The namespaces are %q, want %q", got, want)
	}
}
