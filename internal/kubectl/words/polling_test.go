// SPDX-License-Identifier: Apache-2.0

package words_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/controller"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
	"github.com/vectara-job-operator/vectara-job-operator/internal/operator"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// The tests below compare what Polling says with the schedule of the operator's own reconciler under the default options.

// fakeSource records the subscription and has no observations.
type fakeSource struct{ subscription *jobs.Subscription }

func (s *fakeSource) Watch(subscription jobs.Subscription) (jobs.Observation, bool) {
	s.subscription = &subscription
	return jobs.Observation{}, false
}

func (s *fakeSource) Unwatch(jobs.Key) { s.subscription = nil }

// reconciled is the subscription that the operator makes for a VectaraJob, nil if none, and after what time it requeues it, 0 if
// never. Objects are what the cluster holds besides.
func reconciled(t *testing.T, job *v1alpha1.VectaraJob, objects ...client.Object) (*jobs.Subscription, time.Duration) {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	options := operator.DefaultOptions()
	var source fakeSource
	reconciler := &controller.Reconciler{
		Client:   fake.NewClientBuilder().WithScheme(scheme).WithObjects(append(objects, job)...).WithStatusSubresource(job).Build(),
		Recorder: events.NewFakeRecorder(10),
		Source:   &source,
		Bounds:   controller.PollBounds{Min: options.PollMin, Max: options.PollMax},
		Now:      func() time.Time { return now },
	}
	result, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(job)})
	if err != nil {
		t.Fatal(err)
	}
	return source.subscription, result.RequeueAfter
}

func credentials() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "vectara-credentials"},
		Type:       v1alpha1.CredentialsSecretType,
		Data:       map[string][]byte{v1alpha1.APIKeyKey: []byte("zqt_not-a-real-key")},
	}
}

// intervals are the shortest and the longest interval until the next poll after an observation made now. They differ by the
// jitter.
func intervals(t *testing.T, job *v1alpha1.VectaraJob, seen jobs.Observation) (shortest, longest time.Duration) {
	t.Helper()
	subscription, _ := reconciled(t, job, credentials())
	if subscription == nil {
		t.Fatal("the operator does not poll the job")
	}
	shortest = 1 << 62
	seen.Answered = now
	for i := range 1000 {
		seen.Asked = now.Add(-time.Duration(i) * time.Millisecond)
		interval := subscription.Schedule.Next(seen).Sub(now)
		shortest, longest = min(shortest, interval), max(longest, interval)
	}
	return shortest, longest
}

// unchanged is an observation of the job as status has it.
func unchanged(job *v1alpha1.VectaraJob) jobs.Observation {
	observed := &vectara.Job{State: string(job.Status.State)}
	if job.Status.CreatedAt != nil {
		observed.CreatedAt = job.Status.CreatedAt.Time
	}
	if job.Status.StartedAt != nil {
		observed.StartedAt = job.Status.StartedAt.Time
	}
	return jobs.Observation{Job: observed}
}

// failed is an observation of a fault that occurred so many times in a row.
func failed(kind jobs.FaultKind, failures int) jobs.Observation {
	return jobs.Observation{Fault: &jobs.Fault{Kind: kind}, Failures: failures}
}

var spanInWords = regexp.MustCompile(`^polled about every (\w+)`)

func TestOperatorPollsAsOftenAsIsSaid(t *testing.T) {
	inState := func(state v1alpha1.JobState, created, started, firstSeen time.Duration) *v1alpha1.VectaraJob {
		return running(func(job *v1alpha1.VectaraJob) {
			job.Status.State, job.Status.LastTransitionTime = state, ago(firstSeen)
			job.Status.CreatedAt, job.Status.StartedAt = ago(created), ago(started)
		})
	}
	for name, job := range map[string]*v1alpha1.VectaraJob{
		"a job that began just now":                         inState("started", time.Minute, 0, 0),
		"a job that has been running for minutes":           running(),
		"a job that has been running for hours":             inState("started", 9*time.Hour, 5*time.Hour, 3*time.Minute),
		"a job in the queue":                                inState("queued", 9*time.Minute, 0, 5*time.Minute),
		"a VectaraJob that waited for the operator":         inState("started", time.Hour, 4*time.Minute, 20*time.Second),
		"a state that Vectara dates later than it was seen": inState("started", time.Hour, -time.Hour, 3*time.Minute),
		"a state that Vectara does not date":                inState("failed_will_retry", time.Hour, time.Hour, 4*time.Minute),
		"a job with an interval of its own": running(func(job *v1alpha1.VectaraJob) {
			job.Spec.PollInterval = &metav1.Duration{Duration: 90 * time.Second}
		}),
	} {
		t.Run(name, func(t *testing.T) { comparePolling(t, job, unchanged(job)) })
	}
}

func TestOperatorRechecksAsOftenAsIsSaid(t *testing.T) {
	for name, test := range map[string]struct {
		job  *v1alpha1.VectaraJob
		seen jobs.Observation
	}{
		"credentials that are refused":                    {running(blocked(v1alpha1.ReasonUnauthorized, "")), failed(jobs.Unauthorized, 1)},
		"credentials that may not see the job":            {running(blocked(v1alpha1.ReasonPermissionDenied, "")), failed(jobs.PermissionDenied, 1)},
		"a job that Vectara does not know":                {running(unseen, blocked(v1alpha1.ReasonJobNotFound, "")), failed(jobs.NotFound, 9)},
		"a job that Vectara does not know any more":       {running(blocked(v1alpha1.ReasonJobNotFound, "")), failed(jobs.NotFound, 1)},
		"a request that Vectara rejects":                  {running(blocked(v1alpha1.ReasonRequestRejected, "")), failed(jobs.RequestRejected, 1)},
		"credentials that are refused again and again":    {running(blocked(v1alpha1.ReasonUnauthorized, "")), failed(jobs.Unauthorized, 9)},
		"credentials that may not see the job, for hours": {running(blocked(v1alpha1.ReasonPermissionDenied, "")), failed(jobs.PermissionDenied, 99)},
	} {
		t.Run(name, func(t *testing.T) { comparePolling(t, test.job, test.seen) })
	}
}

// comparePolling compares the interval that is said with the one that the operator's schedule has after an observation.
func comparePolling(t *testing.T, job *v1alpha1.VectaraJob, seen jobs.Observation) {
	t.Helper()
	said := words.Polling(job, now)
	match := spanInWords.FindStringSubmatch(said)
	if match == nil {
		t.Fatalf("it is said that the job is %q", said)
	}
	want, err := time.ParseDuration(match[1])
	if err != nil {
		t.Fatal(err)
	}
	shortest, longest := intervals(t, job, seen)
	if middle := (shortest + longest) / 2; (middle - want).Abs() > want/50 {
		t.Errorf("it is said that the job is %s, but its intervals are from %v to %v", said, shortest, longest)
	}
}

func TestOperatorPollsAgainWithinAMinute(t *testing.T) {
	justCreated := func(job *v1alpha1.VectaraJob) { job.CreationTimestamp = *ago(5 * time.Second) }
	for name, test := range map[string]struct {
		job  *v1alpha1.VectaraJob
		kind jobs.FaultKind
		said string
	}{
		"an outage":           {running(unsynced(v1alpha1.ReasonAPIUnavailable)), jobs.Unavailable, "polled again within about a minute"},
		"an invalid response": {running(unsynced(v1alpha1.ReasonInvalidResponse)), jobs.InvalidResponse, "polled again within about a minute"},
		"a new VectaraJob whose job is not there yet": {
			running(unseen, justCreated, unsynced(v1alpha1.ReasonJobNotFound)), jobs.NotFound, "more often while the VectaraJob is new",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words.Polling(test.job, now); !strings.Contains(got, test.said) {
				t.Errorf("it is said that the job is %q, want %q", got, test.said)
			}
			if _, longest := intervals(t, test.job, failed(test.kind, 1)); longest > 10*time.Second {
				t.Errorf("the first interval is up to %v", longest)
			}
			if _, longest := intervals(t, test.job, failed(test.kind, 99)); longest > time.Minute || longest < 50*time.Second {
				t.Errorf("the last interval is up to %v", longest)
			}
		})
	}
}

// TestOperatorDoesNotPollByItself is about VectaraJobs of which it is said that they are not polled, or only when a Secret
// changes.
func TestOperatorDoesNotPollByItself(t *testing.T) {
	for name, test := range map[string]struct {
		job     *v1alpha1.VectaraJob
		objects []client.Object
		said    string
	}{
		"a job that has completed": {running(ended(v1alpha1.JobStateCompleted, "")), []client.Object{credentials()}, ""},
		"a job that has failed":    {running(ended(v1alpha1.JobStateFailed, "")), []client.Object{credentials()}, ""},
		"a suspended VectaraJob":   {running(suspended), []client.Object{credentials()}, ""},
		"a Secret that is missing": {running(blocked(v1alpha1.ReasonCredentialsNotFound, "")), nil, "polled when the Secret changes"},
		"a Secret that is empty": {running(blocked(v1alpha1.ReasonCredentialsInvalid, "")), []client.Object{&corev1.Secret{
			ObjectMeta: credentials().ObjectMeta, Type: v1alpha1.CredentialsSecretType,
		}}, "polled when the Secret changes"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words.Polling(test.job, now); got != test.said {
				t.Errorf("it is said that the job is %q, want %q", got, test.said)
			}
			if subscription, again := reconciled(t, test.job, test.objects...); subscription != nil || again != 0 {
				t.Errorf("the operator watches %+v, and requeues after %v", subscription, again)
			}
		})
	}
}
