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

// job is an object that was applied an hour before noon and that the operator has not reconciled yet, as options
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

// withState has Vectara have returned the job in a state, ten minutes before noon.
func withState(state v1alpha1.JobState, changes ...func(*vectara.Job)) jobOption {
	return withStateSince(state, noon.Add(-10*time.Minute), changes...)
}

// withStateSince has Vectara have returned the job in a state, at a time.
func withStateSince(state v1alpha1.JobState, since time.Time, changes ...func(*vectara.Job)) jobOption {
	return func(object *v1alpha1.VectaraJob) {
		found := answer(state, changes...)
		found.observation.Asked, found.observation.Answered = since, since
		object.Status = statusAfter(object, found, since)
	}
}

// withFault has the last poll, five minutes before noon, have ended in a fault.
func withFault(fault jobs.Fault) jobOption {
	return func(object *v1alpha1.VectaraJob) {
		object.Status = statusAfter(object, failure(fault), noon.Add(-5*time.Minute))
	}
}

// withNoCredentials has there have been no credentials, five minutes before noon.
func withNoCredentials(f *fault) jobOption {
	return func(object *v1alpha1.VectaraJob) {
		object.Status = statusAfter(object, withoutPoll(f), noon.Add(-5*time.Minute))
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

// gathered is what is known besides the object. An observation without a request is for that of the object.
type gathered struct {
	observation   *jobs.Observation
	noCredentials *fault
}

// scopeOf is the scope of a decision about an object.
func scopeOf(object *v1alpha1.VectaraJob, found gathered, now time.Time) scope {
	s := scope{
		object: object, noCredentials: found.noCredentials, observation: found.observation,
		now: now, bounds: testBounds, requestTimeout: 10 * time.Second,
	}
	if s.observation != nil && s.observation.Request == (jobs.Request{}) && !s.observation.Asked.IsZero() {
		o := *s.observation
		o.Request = requestOf(object)
		s.observation = &o
	}
	return s
}

// statusAfter is the status that is decided on.
func statusAfter(object *v1alpha1.VectaraJob, found gathered, now time.Time) v1alpha1.VectaraJobStatus {
	return decide(scopeOf(object, found, now)).status
}

// answer is that Vectara returned the job in a state, a second before noon.
func answer(state v1alpha1.JobState, changes ...func(*vectara.Job)) gathered {
	returnedJob := vectara.Job{
		ID:                testJobID,
		Type:              "replace_filter_attributes",
		CorpusKeys:        []string{"legal"},
		State:             string(state),
		CreatedAt:         noon.Add(-2 * time.Hour),
		CreatedByUsername: "jdoe",
	}
	for _, change := range changes {
		change(&returnedJob)
	}
	at := noon.Add(-time.Second)
	return gathered{observation: &jobs.Observation{Asked: at, Answered: at, Job: &returnedJob}}
}

// failure is that a poll ended in a fault, the first in a row.
func failure(fault jobs.Fault) gathered {
	at := noon.Add(-time.Second)
	return gathered{observation: &jobs.Observation{Asked: at, Answered: at, Fault: &fault, Failures: 1}}
}

// withoutPoll is that there are no credentials to poll with.
func withoutPoll(f *fault) gathered { return gathered{noCredentials: f} }

// unpolled is that the job was never polled, and that its first poll is overdue for a fault.
func unpolled(fault jobs.Fault) gathered {
	return gathered{observation: &jobs.Observation{Overdue: &fault}}
}

// overdue has the next poll be overdue for a fault.
func (g gathered) overdue(fault jobs.Fault) gathered {
	o := *g.observation
	o.Overdue = &fault
	return gathered{observation: &o}
}

// requested has an observation be for a request.
func requested(found gathered, generation int64, requestedAt string) gathered {
	o := *found.observation
	o.Request = jobs.Request{Generation: generation, RequestedAt: requestedAt}
	return gathered{observation: &o}
}

// apiFault is a fault of a kind as Vectara would word it.
func apiFault(kind jobs.FaultKind, changes ...func(*jobs.Fault)) jobs.Fault {
	f := jobs.Fault{Kind: kind, Words: []string{"Something is wrong."}, RequestID: "req-1"}
	switch kind {
	case jobs.PermissionDenied:
		f.StatusCode = 403
	case jobs.NotFound:
		f.StatusCode = 404
	case jobs.Unauthorized:
		f.StatusCode = 401
	case jobs.RequestRejected:
		f.StatusCode = 422
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
