// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

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

// TestOfASecretWithoutCredentialsTheNamesOfKeysAreKept holds that nothing of their values is, and that they are few.
func TestOfASecretWithoutCredentialsTheNamesOfKeysAreKept(t *testing.T) {
	many := map[string][]byte{}
	for i := range 1000 {
		many[fmt.Sprintf("key-%03d", i)] = []byte("hunter2")
	}
	for _, test := range []struct {
		name string
		data map[string][]byte
		want []string
	}{
		{"another key", map[string][]byte{"apikey": []byte("hunter2")}, []string{"apikey"}},
		{"another key beside half of a client", map[string][]byte{"client-id": []byte("app"), "secret": []byte("hunter2")}, []string{"client-id", "secret"}},
		{"a key of white space", map[string][]byte{"api-key": []byte(" \n"), "note": []byte("hunter2")}, []string{"api-key", "note"}},
		{"many other keys", many, []string{"key-000", "key-001", "key-002", "key-003", "key-004", "key-005", "key-006", "key-007"}},
		{"a key beside credentials", map[string][]byte{"api-key": []byte("key"), "note": []byte("hunter2")}, []string{"api-key"}},
		{"no key", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := stripSecret(&corev1.Secret{Data: test.data})
			if err != nil {
				t.Fatalf("stripSecret: %v", err)
			}
			secret, ok := got.(*corev1.Secret)
			if !ok {
				t.Fatalf("What is left is %T", got)
			}
			if names := slices.Sorted(maps.Keys(secret.Data)); !slices.Equal(names, test.want) {
				t.Errorf("The names are %q, want %q", names, test.want)
			}
			for name, value := range secret.Data {
				if bytes.Contains(value, []byte("hunter2")) {
					t.Errorf("The value of %s is kept", name)
				}
			}
		})
	}
}

// wholeMeta is metadata with everything in it, and what is kept of it.
func wholeMeta() (whole, kept metav1.ObjectMeta) {
	kept = metav1.ObjectMeta{
		Namespace: "search", Name: "reindex-legal", UID: "uid", ResourceVersion: "7", Generation: 3,
		CreationTimestamp: metav1.Unix(1_700_000_000, 0), DeletionTimestamp: &metav1.Time{Time: time.Unix(1_700_000_600, 0)},
		Annotations:     map[string]string{v1alpha1.RequestedAtAnnotation: "now"},
		OwnerReferences: []metav1.OwnerReference{discoveryReference("legal", "uid-of-legal")},
	}
	kept.DeepCopyInto(&whole)
	whole.GenerateName = "reindex-"
	whole.Labels = map[string]string{"shard": "a"}
	whole.Annotations["note"] = "x"
	whole.Annotations[corev1.LastAppliedConfigAnnotation] = "{}"
	whole.Finalizers = []string{"example.com/x"}
	whole.DeletionGracePeriodSeconds = ptr.To[int64](0)
	whole.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	whole.OwnerReferences = append(whole.OwnerReferences, metav1.OwnerReference{Kind: "ConfigMap", Name: "x", UID: "x"})
	return whole, kept
}

func discoveryReference(name string, uid types.UID) metav1.OwnerReference {
	return metav1.OwnerReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.VectaraJobDiscoveryKind, Name: name, UID: uid, Controller: ptr.To(true),
	}
}

func TestVectaraJobsAreStrippedOfWhatNobodyReads(t *testing.T) {
	whole, kept := wholeMeta()
	job := &v1alpha1.VectaraJob{
		ObjectMeta: whole,
		Spec:       v1alpha1.VectaraJobSpec{JobID: "job_1"},
		Status:     v1alpha1.VectaraJobStatus{ObservedGeneration: 1, State: v1alpha1.JobStateStarted},
	}
	want := job.DeepCopy()
	want.ObjectMeta = kept
	if got, err := stripJob(job); err != nil || !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("What is kept is %+v (%v), want %+v", got, err, want)
	}
}

func TestVectaraJobDiscoveriesAreStrippedOfWhatNobodyReads(t *testing.T) {
	whole, kept := wholeMeta()
	discovery := &v1alpha1.VectaraJobDiscovery{
		ObjectMeta: whole,
		Spec: v1alpha1.VectaraJobDiscoverySpec{
			MaxJobs: 5,
			Template: v1alpha1.VectaraJobTemplate{Metadata: v1alpha1.VectaraJobTemplateMetadata{
				Labels: map[string]v1alpha1.LabelValue{"shard": "a"},
			}},
		},
		Status: v1alpha1.VectaraJobDiscoveryStatus{ObservedGeneration: 1},
	}
	want := discovery.DeepCopy()
	want.ObjectMeta = kept
	if got, err := stripDiscovery(discovery); err != nil || !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("What is kept is %+v (%v), want %+v", got, err, want)
	}
}

func TestARequestKeepsOneCharacterTooMany(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"an empty request", "", ""},
		{"the longest request", strings.Repeat("é", 256), strings.Repeat("é", 256)},
		{"a request one character too long", strings.Repeat("é", 257), strings.Repeat("é", 257)},
		{"a request much too long", strings.Repeat("é", 100_000), strings.Repeat("é", 257)},
	} {
		t.Run(test.name, func(t *testing.T) {
			meta := stripMeta(&metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.RequestedAtAnnotation: test.value}})
			if got := meta.Annotations[v1alpha1.RequestedAtAnnotation]; got != test.want {
				t.Errorf("%d bytes are kept, want %d", len(got), len(test.want))
			}
		})
	}
}

func TestOwnersThatAreKept(t *testing.T) {
	flood := strings.Repeat("x", 200<<10)
	owner := discoveryReference("legal", "uid")
	notController := owner
	notController.Controller = nil
	otherKind := owner
	otherKind.Kind = "CronJob" + flood
	shortened := discoveryReference(flood[:254], types.UID(flood[:254]))
	for _, test := range []struct {
		name  string
		owner metav1.OwnerReference
		want  []metav1.OwnerReference
	}{
		{"a discovery that controls the object", owner, []metav1.OwnerReference{owner}},
		{"a discovery that does not", notController, nil},
		{"a controller of another kind", otherKind, nil},
		{"names of any length are cut, to more than a name may have", discoveryReference(flood, types.UID(flood)), []metav1.OwnerReference{shortened}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := stripMeta(&metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{test.owner}}).OwnerReferences
			if !equality.Semantic.DeepEqual(got, test.want) {
				t.Errorf("The owners are %.500v, want %.500v", got, test.want)
			}
		})
	}
}

// TestUsersCannotFillTheCache gives objects all that users may write and the operator does not read.
func TestUsersCannotFillTheCache(t *testing.T) {
	const perObject = 2 << 10
	flood := strings.Repeat("x", 200<<10)
	meta := metav1.ObjectMeta{
		Namespace: "search", Name: "reindex-legal", UID: "uid", ResourceVersion: "7",
		Labels:          map[string]string{"note": flood},
		Annotations:     map[string]string{v1alpha1.RequestedAtAnnotation: flood, "note": flood},
		Finalizers:      []string{flood},
		ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: flood}},
		OwnerReferences: []metav1.OwnerReference{discoveryReference(flood, types.UID(flood)), {Name: flood}},
	}
	kept := 0
	strip := func(transform toolscache.TransformFunc, object any) {
		t.Helper()
		stripped, err := transform(object)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(stripped)
		if err != nil {
			t.Fatal(err)
		}
		kept += len(encoded)
	}
	for i := range 200 {
		meta.Name = fmt.Sprintf("object-%d", i)
		strip(stripJob, &v1alpha1.VectaraJob{ObjectMeta: meta})
		strip(stripDiscovery, &v1alpha1.VectaraJobDiscovery{ObjectMeta: meta})
	}
	if most := 400 * perObject; kept > most {
		t.Errorf("400 objects keep %d bytes, want at most %d", kept, most)
	}

	kept = 0
	key := bytes.Repeat([]byte("k"), 250<<10)
	for i := range 20 {
		meta.Name = fmt.Sprintf("secret-%d", i)
		strip(stripSecret, &corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{
			v1alpha1.APIKeyKey: key, v1alpha1.ClientIDKey: key, v1alpha1.ClientSecretKey: key, "note": key,
		}})
	}
	if most := 20 * 16 << 10; kept > most { // The encoding is a third longer than the values.
		t.Errorf("20 Secrets keep %d bytes, want at most %d", kept, most)
	}
}

// TestWhatIsKeptHoldsOnToNothingElse checks the capacity: a short slice of a long value would keep all of it in memory.
func TestWhatIsKeptHoldsOnToNothingElse(t *testing.T) {
	padded := append(bytes.Repeat([]byte(" "), 800<<10), "secret-key"...)
	if got := stripCredential(padded, maxSecretLength); string(got) != "secret-key" || cap(got) > 64 {
		t.Errorf("A key of 10 bytes is kept as %d bytes of %d", len(got), cap(got))
	}
}

func TestStrippedCredentialsAreAsValidAsBefore(t *testing.T) {
	secret := func(length int) string { return strings.Repeat("k", length) }
	for _, test := range []struct {
		name, value string
		valid       bool
	}{
		{"the longest value", secret(4096), true},
		{"the longest value, with white space around it", "\n " + secret(4096) + "\u00a0\r\n", true},
		{"a value one byte too long", secret(4097), false},
		{"a value much too long", secret(800 << 10), false},
		{"a value that would be valid if it were cut at its white space", secret(4096) + " " + secret(4096), false},
		{"a value that would be valid if it were cut at a wide space", secret(4094) + "\u3000" + secret(4096), false},
		{"white space only", strings.Repeat(" ", 5000), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := string(bytes.TrimSpace(stripCredential([]byte(test.value), maxSecretLength)))
			err := vectara.Credentials{APIKey: key}.Validate()
			if (err == nil) != test.valid {
				t.Errorf("The API key of %d bytes is %v, want valid=%t", len(key), err, test.valid)
			}
			if want := strings.TrimSpace(test.value); test.valid && key != want {
				t.Error("The value is another one")
			}
		})
	}
}

func TestTheLongestCredentialsAreThoseThatTheClientAccepts(t *testing.T) {
	for key, longest := range credentialsKeys {
		with := func(length int) vectara.Credentials {
			value := strings.Repeat("k", length)
			switch key {
			case v1alpha1.ClientIDKey:
				return vectara.Credentials{ClientID: value, ClientSecret: "secret-of-a-client"}
			case v1alpha1.ClientSecretKey:
				return vectara.Credentials{ClientID: "app", ClientSecret: value}
			default:
				return vectara.Credentials{APIKey: value}
			}
		}
		if err := with(longest).Validate(); err != nil {
			t.Errorf("%s of %d bytes: %v", key, longest, err)
		}
		if with(longest+1).Validate() == nil {
			t.Errorf("%s of %d bytes is accepted, and would be stripped", key, longest+1)
		}
	}
}

// TestTransformsLetTombstonesPass: a cache also hands over the word that an object is gone, which is no object.
func TestTransformsLetTombstonesPass(t *testing.T) {
	tombstone := toolscache.DeletedFinalStateUnknown{Key: "search/reindex-legal"}
	for name, strip := range map[string]toolscache.TransformFunc{
		"VectaraJobs": stripJob, "VectaraJobDiscoveries": stripDiscovery, "Secrets": stripSecret,
	} {
		if got, err := strip(tombstone); err != nil || got != tombstone {
			t.Errorf("%s: a tombstone becomes %v (%v)", name, got, err)
		}
	}
}
