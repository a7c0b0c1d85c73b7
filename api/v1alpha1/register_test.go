// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"encoding/json"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// fullJob is an object with every field set.
func fullJob() *VectaraJob {
	at := metav1.NewTime(time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC))
	suspend, ttl := true, int32(3600)
	return &VectaraJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: "jobs.vectara.io/v1alpha1", Kind: "VectaraJob"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "reindex-legal", Generation: 2},
		Spec: VectaraJobSpec{
			JobID:                   "job_3Kx9QpVn2mZr8YbLc5TdWe",
			SecretRef:               SecretReference{Name: DefaultCredentialsSecretName},
			PollInterval:            &metav1.Duration{Duration: 30 * time.Second},
			RequestTimeout:          &metav1.Duration{Duration: 10 * time.Second},
			Suspend:                 &suspend,
			TTLSecondsAfterFinished: &ttl,
		},
		Status: VectaraJobStatus{
			ObservedGeneration:     2,
			State:                  JobStateStarted,
			Type:                   JobTypeReplaceFilterAttributes,
			CorpusKeys:             []string{"legal"},
			CreatedAt:              &at,
			StartedAt:              &at,
			CompletedAt:            &at,
			CreatedByUsername:      "jdoe",
			Comment:                "half",
			LastTransitionTime:     &at,
			LastHandledReconcileAt: "now",
			Conditions: []metav1.Condition{{
				Type: ConditionReady, Status: metav1.ConditionFalse, Reason: ReasonJobStarted, Message: "Running.",
				ObservedGeneration: 2, LastTransitionTime: at,
			}},
		},
	}
}

func newScheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := AddToScheme(scheme); err != nil {
		t.Fatalf("AddToScheme: %v", err)
	}
	return scheme
}

func TestObjectsSurviveTheWayThroughTheScheme(t *testing.T) {
	full := fullJob()
	list := &VectaraJobList{
		TypeMeta: metav1.TypeMeta{APIVersion: "jobs.vectara.io/v1alpha1", Kind: "VectaraJobList"},
		Items:    []VectaraJob{*full},
	}
	decoder := serializer.NewCodecFactory(newScheme(t), serializer.EnableStrict).UniversalDeserializer()
	for name, object := range map[string]runtime.Object{"an object": full, "a list": list} {
		t.Run(name, func(t *testing.T) {
			encoded, err := json.Marshal(object)
			if err != nil {
				t.Fatalf("Encoding: %v", err)
			}
			decoded, _, err := decoder.Decode(encoded, nil, nil)
			if err != nil {
				t.Fatalf("Decoding %s: %v", encoded, err)
			}
			if !equality.Semantic.DeepEqual(decoded, object) {
				t.Errorf("Decoded is %+v, want %+v", decoded, object)
			}
			if copied := object.DeepCopyObject(); !equality.Semantic.DeepEqual(copied, object) {
				t.Errorf("The copy is %+v, want %+v", copied, object)
			}
		})
	}
}

// TestFieldNames holds the names that the documentation gives: they are the API.
func TestFieldNames(t *testing.T) {
	encoded, err := json.Marshal(fullJob())
	if err != nil {
		t.Fatalf("Encoding: %v", err)
	}
	var object struct{ Spec, Status map[string]any }
	if err := json.Unmarshal(encoded, &object); err != nil {
		t.Fatalf("Decoding: %v", err)
	}
	for _, section := range []struct {
		name  string
		got   map[string]any
		names []string
	}{
		{"spec", object.Spec, []string{"jobID", "secretRef", "pollInterval", "requestTimeout", "suspend", "ttlSecondsAfterFinished"}},
		{"status", object.Status, []string{
			"observedGeneration", "state", "type", "corpusKeys", "createdAt", "startedAt", "completedAt", "createdByUsername",
			"comment", "lastTransitionTime", "lastHandledReconcileAt", "conditions",
		}},
	} {
		for _, name := range section.names {
			if _, ok := section.got[name]; !ok {
				t.Errorf("%s.%s is missing", section.name, name)
			}
			delete(section.got, name)
		}
		if len(section.got) > 0 {
			t.Errorf("%s has fields that are not documented: %v", section.name, section.got)
		}
	}
}

func TestAnObjectThatNobodyLookedAtShowsThatItIsNotObserved(t *testing.T) {
	encoded, err := json.Marshal(VectaraJobStatus{ObservedGeneration: -1})
	if err != nil {
		t.Fatalf("Encoding: %v", err)
	}
	if got, want := string(encoded), `{"observedGeneration":-1}`; got != want {
		t.Errorf("The first status is %s, want %s", got, want)
	}
}

func TestNamesOfTheGroup(t *testing.T) {
	kinds, _, err := newScheme(t).ObjectKinds(&VectaraJob{})
	if err != nil || len(kinds) != 1 || kinds[0] != GroupVersion.WithKind(VectaraJobKind) {
		t.Errorf("The kinds of a VectaraJob are %v (%v)", kinds, err)
	}
	for got, want := range map[string]string{
		GroupVersion.String():       "jobs.vectara.io/v1alpha1",
		SchemeGroupVersion.String(): "jobs.vectara.io/v1alpha1",
		RequestedAtAnnotation:       "jobs.vectara.io/requestedAt",
		CredentialsSecretType:       "jobs.vectara.io/credentials",
		APIKeyKey:                   "api-key",
		ClientIDKey:                 "client-id",
		ClientSecretKey:             "client-secret",
	} {
		if got != want {
			t.Errorf("%q is expected to be %q", got, want)
		}
	}
}
