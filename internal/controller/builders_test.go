// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"encoding/json"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

const (
	testNamespace = "search"
	testName      = "reindex-legal"
	testSecret    = "vectara-credentials"
	testJobID     = "job_3Kx9QpVn2mZr8YbLc5TdWe"
)

// noon is now in every test. It has a fraction of a second, as clocks do.
var noon = time.Date(2026, time.March, 1, 12, 0, 0, 123_456_789, time.UTC)

type jobOption func(*v1alpha1.VectaraJob)

// job is an object that was applied an hour before noon and that the operator has not looked at yet, as options
// change it.
func job(options ...jobOption) *v1alpha1.VectaraJob {
	object := &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:         testNamespace,
			Name:              testName,
			UID:               "8d1c7a52-3c0e-4f0f-9a53-0b8a4c1f6f11",
			Generation:        1,
			CreationTimestamp: *timestamp(noon.Add(-time.Hour)),
		},
		Spec: v1alpha1.VectaraJobSpec{
			JobID:     testJobID,
			SecretRef: v1alpha1.SecretReference{Name: testSecret},
		},
		Status: v1alpha1.VectaraJobStatus{ObservedGeneration: -1},
	}
	for _, option := range options {
		option(object)
	}
	return object
}

// withState has Vectara have answered, ten minutes before noon, that the job is in a state.
func withState(state v1alpha1.JobState, changes ...func(*vectara.Job)) jobOption {
	return withStateSince(state, noon.Add(-10*time.Minute), changes...)
}

// withStateSince has Vectara have answered at a time that the job is in a state.
func withStateSince(state v1alpha1.JobState, since time.Time, changes ...func(*vectara.Job)) jobOption {
	return func(object *v1alpha1.VectaraJob) {
		found := answer(state, changes...)
		found.request, found.answered = requestOf(object), since
		object.Status = nextStatus(object, found, since)
	}
}

// withFault has the last look, five minutes before noon, have ended in a fault.
func withFault(fault jobs.Fault) jobOption {
	return func(object *v1alpha1.VectaraJob) {
		found := failure(fault)
		found.request = requestOf(object)
		object.Status = nextStatus(object, found, noon.Add(-5*time.Minute))
	}
}

// withTrouble is withFault for a trouble that Vectara had no part in.
func withTrouble(t trouble) jobOption {
	return func(object *v1alpha1.VectaraJob) {
		object.Status = nextStatus(object, finding{request: requestOf(object), trouble: &t}, noon.Add(-5*time.Minute))
	}
}

func withAge(age time.Duration) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.CreationTimestamp = *timestamp(noon.Add(-age)) }
}

func withGeneration(generation int64) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.Generation = generation }
}

func withUID(uid types.UID) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.UID = uid }
}

func withSecretRef(name string) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = name }
}

func withPollInterval(d time.Duration) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.Spec.PollInterval = &metav1.Duration{Duration: d} }
}

func withTTL(seconds int32) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.Spec.TTLSecondsAfterFinished = &seconds }
}

func withSuspend(suspend bool) jobOption {
	return func(object *v1alpha1.VectaraJob) { object.Spec.Suspend = &suspend }
}

func withRequestedAt(value string) jobOption {
	return func(object *v1alpha1.VectaraJob) {
		metav1.SetMetaDataAnnotation(&object.ObjectMeta, v1alpha1.RequestedAtAnnotation, value)
	}
}

// answer is the finding that Vectara answered, a second before noon, with the job in a state.
func answer(state v1alpha1.JobState, changes ...func(*vectara.Job)) finding {
	answered := vectara.Job{
		ID:                testJobID,
		Type:              "replace_filter_attributes",
		CorpusKeys:        []string{"legal"},
		State:             string(state),
		CreatedAt:         noon.Add(-2 * time.Hour),
		CreatedByUsername: "jdoe",
	}
	for _, change := range changes {
		change(&answered)
	}
	return finding{request: jobs.Request{Generation: 1}, answered: noon.Add(-time.Second), job: &answered}
}

// failure is the finding that a call ended in a fault.
func failure(fault jobs.Fault) finding {
	t := troubleOf(&fault, testSecret)
	return finding{request: jobs.Request{Generation: 1}, answered: noon.Add(-time.Second), trouble: &t}
}

// withoutCall is the finding that no call could be made.
func withoutCall(t trouble) finding {
	return finding{request: jobs.Request{Generation: 1}, trouble: &t}
}

// fault is a fault of a kind as Vectara would word it.
func fault(kind jobs.FaultKind, changes ...func(*jobs.Fault)) jobs.Fault {
	f := jobs.Fault{Kind: kind, Words: []string{"Something is wrong."}, RequestID: "req-1"}
	switch kind {
	case jobs.PermissionDenied:
		f.StatusCode = 403
	case jobs.NotFound:
		f.StatusCode = 404
	case jobs.Unauthorized:
		f.StatusCode = 401
	case jobs.RateLimited:
		f.StatusCode = 429
	case jobs.Unavailable:
		f.StatusCode = 503
	case jobs.InvalidResponse:
		f.StatusCode, f.Words, f.Detail = 200, nil, "the body is not a JSON object"
	}
	for _, change := range changes {
		change(&f)
	}
	return f
}

// asStored is an object with a status as it comes back from the API server: through JSON, in local time.
func asStored(t *testing.T, object *v1alpha1.VectaraJob, status v1alpha1.VectaraJobStatus) *v1alpha1.VectaraJob {
	t.Helper()
	encoded, err := json.Marshal(status)
	if err != nil {
		t.Fatalf("Encoding the status: %v", err)
	}
	stored := object.DeepCopy()
	stored.Status = v1alpha1.VectaraJobStatus{}
	if err := json.Unmarshal(encoded, &stored.Status); err != nil {
		t.Fatalf("Decoding the status: %v", err)
	}
	return stored
}
