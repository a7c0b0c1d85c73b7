// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	toolscache "k8s.io/client-go/tools/cache"
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

func TestSecretsAreStrippedToWhatIsNeeded(t *testing.T) {
	kept := metav1.ObjectMeta{Namespace: "search", Name: "vectara-credentials", UID: "uid", ResourceVersion: "7"}
	whole := kept
	whole.Labels = map[string]string{"team": "search"}
	whole.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: `{"data":{"note":"hunter2"}}`}
	whole.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}

	got, err := stripSecret(&corev1.Secret{
		ObjectMeta: whole,
		Type:       v1alpha1.CredentialsSecretType,
		Data: map[string][]byte{
			"api-key": []byte("key"), "client-id": []byte("id"), "client-secret": []byte("secret"), "note": []byte("hunter2"),
		},
		StringData: map[string]string{"note": "hunter2"},
	})
	if err != nil {
		t.Fatalf("stripSecret: %v", err)
	}
	want := &corev1.Secret{
		ObjectMeta: kept,
		Type:       v1alpha1.CredentialsSecretType,
		Data:       map[string][]byte{"api-key": []byte("key"), "client-id": []byte("id"), "client-secret": []byte("secret")},
	}
	if !equality.Semantic.DeepEqual(got, want) {
		t.Error("The Secret is not stripped to its name, its type and its credentials")
	}
}

func TestASecretWithoutCredentialsStaysWithout(t *testing.T) {
	got, err := stripSecret(&corev1.Secret{Data: map[string][]byte{"note": []byte("hunter2")}})
	if err != nil {
		t.Fatalf("stripSecret: %v", err)
	}
	if secret, ok := got.(*corev1.Secret); !ok || len(secret.Data) != 0 {
		t.Errorf("There is more left than nothing: %T", got)
	}
}

func TestVectaraJobsAreStrippedOfWhatNobodyReads(t *testing.T) {
	job := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "search", Name: "reindex-legal", ResourceVersion: "7", Labels: map[string]string{"shard": "a"},
			Annotations: map[string]string{
				corev1.LastAppliedConfigAnnotation: "{}", v1alpha1.RequestedAtAnnotation: "now", "note": "x",
			},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		},
		Spec:   v1alpha1.VectaraJobSpec{JobID: "job_1"},
		Status: v1alpha1.VectaraJobStatus{ObservedGeneration: 1, State: v1alpha1.JobStateStarted},
	}
	want := job.DeepCopy()
	want.ManagedFields = nil
	want.Annotations = map[string]string{v1alpha1.RequestedAtAnnotation: "now", "note": "x"}
	got, err := stripJob(job)
	if err != nil {
		t.Fatalf("stripJob: %v", err)
	}
	if !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("What is kept is %+v, want %+v", got, want)
	}
}

// TestTransformsLetTombstonesPass: a cache also hands over the word that an object is gone, which is no object.
func TestTransformsLetTombstonesPass(t *testing.T) {
	tombstone := toolscache.DeletedFinalStateUnknown{Key: "search/reindex-legal"}
	for name, strip := range map[string]toolscache.TransformFunc{"VectaraJobs": stripJob, "Secrets": stripSecret} {
		if got, err := strip(tombstone); err != nil || got != tombstone {
			t.Errorf("%s: a tombstone becomes %v (%v)", name, got, err)
		}
	}
}
