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

// The tests below hold what Looks says against what the operator does by default: its own reconciler is asked when it
// would look.

// listener is a source that hears what is to be observed, and never has anything to tell.
type listener struct{ watch *jobs.Watch }

func (l *listener) Observe(watch jobs.Watch) (jobs.Observation, bool) {
	l.watch = &watch
	return jobs.Observation{}, false
}

func (l *listener) Forget(jobs.Key) { l.watch = nil }

// reconciled is what the operator has observed about a job when it comes upon its VectaraJob, nil if nothing, and after what
// time it comes back to it, 0 if never. Objects are what the cluster holds besides.
func reconciled(t *testing.T, job *v1alpha1.VectaraJob, objects ...client.Object) (*jobs.Watch, time.Duration) {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	options := operator.DefaultOptions()
	var source listener
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
	return source.watch, result.RequeueAfter
}

func credentials() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "vectara-credentials"},
		Type:       v1alpha1.CredentialsSecretType,
		Data:       map[string][]byte{v1alpha1.APIKeyKey: []byte("zqt_not-a-real-key")},
	}
}

// pauses are the shortest and the longest pause that the operator makes after it observed something now. They differ, as each
// is made longer or shorter at random.
func pauses(t *testing.T, job *v1alpha1.VectaraJob, seen jobs.Observation) (shortest, longest time.Duration) {
	t.Helper()
	watch, _ := reconciled(t, job, credentials())
	if watch == nil {
		t.Fatal("the operator does not look")
	}
	shortest = 1 << 62
	seen.Answered = now
	for i := range 1000 {
		seen.Asked = now.Add(-time.Duration(i) * time.Millisecond)
		pause := watch.Schedule.Next(seen).Sub(now)
		shortest, longest = min(shortest, pause), max(longest, pause)
	}
	return shortest, longest
}

func stillIn(state v1alpha1.JobState) jobs.Observation {
	return jobs.Observation{Job: &vectara.Job{State: string(state)}}
}

// fault is a fault that was observed so many times in a row.
func fault(kind jobs.FaultKind, failures int) jobs.Observation {
	return jobs.Observation{Fault: &jobs.Fault{Kind: kind}, Failures: failures}
}

var spanInWords = regexp.MustCompile(`^looks about every (\w+)`)

func TestOperatorLooksAsOftenAsIsSaid(t *testing.T) {
	startedFor := func(d time.Duration) func(*v1alpha1.VectaraJob) {
		return func(job *v1alpha1.VectaraJob) { job.Status.StartedAt = ago(d) }
	}
	// foundAfter has the operator see the job in its state that long after the VectaraJob was created, five minutes ago.
	foundAfter := func(d time.Duration) func(*v1alpha1.VectaraJob) {
		return func(job *v1alpha1.VectaraJob) { job.Status.LastTransitionTime = ago(5*time.Minute - d) }
	}
	for name, test := range map[string]struct {
		job  *v1alpha1.VectaraJob
		seen jobs.Observation
	}{
		"a job that began just now": {running(startedFor(0), func(job *v1alpha1.VectaraJob) {
			job.CreationTimestamp, job.Status.LastTransitionTime = *ago(0), ago(0)
		}), stillIn(v1alpha1.JobStateStarted)},
		"a job that has been running for minutes": {running(), stillIn(v1alpha1.JobStateStarted)},
		"a job that has been running for hours":   {running(startedFor(5 * time.Hour)), stillIn(v1alpha1.JobStateStarted)},
		"a job in the queue": {running(func(job *v1alpha1.VectaraJob) {
			job.Status.State, job.Status.CreatedAt = v1alpha1.JobStateQueued, ago(9*time.Minute)
		}), stillIn(v1alpha1.JobStateQueued)},
		"a job that the operator came upon at once":       {running(foundAfter(10 * time.Second)), stillIn(v1alpha1.JobStateStarted)},
		"a job that the operator saw begin":               {running(foundAfter(20 * time.Second)), stillIn(v1alpha1.JobStateStarted)},
		"a job with an interval of its own":               {running(func(job *v1alpha1.VectaraJob) { job.Spec.PollInterval = &metav1.Duration{Duration: 90 * time.Second} }), stillIn(v1alpha1.JobStateStarted)},
		"credentials that are refused":                    {running(blocked(v1alpha1.ReasonUnauthorized, "")), fault(jobs.Unauthorized, 1)},
		"credentials that may not see the job":            {running(blocked(v1alpha1.ReasonPermissionDenied, "")), fault(jobs.PermissionDenied, 1)},
		"a job that Vectara does not know":                {running(unseen, blocked(v1alpha1.ReasonJobNotFound, "")), fault(jobs.NotFound, 9)},
		"a job that Vectara does not know any more":       {running(blocked(v1alpha1.ReasonJobNotFound, "")), fault(jobs.NotFound, 1)},
		"credentials that are refused again and again":    {running(blocked(v1alpha1.ReasonUnauthorized, "")), fault(jobs.Unauthorized, 9)},
		"credentials that may not see the job, for hours": {running(blocked(v1alpha1.ReasonPermissionDenied, "")), fault(jobs.PermissionDenied, 99)},
	} {
		t.Run(name, func(t *testing.T) {
			said := words.Looks(test.job, now)
			match := spanInWords.FindStringSubmatch(said)
			if match == nil {
				t.Fatalf("it is said that the operator %q", said)
			}
			want, err := time.ParseDuration(match[1])
			if err != nil {
				t.Fatal(err)
			}
			shortest, longest := pauses(t, test.job, test.seen)
			if middle := (shortest + longest) / 2; (middle - want).Abs() > want/50 {
				t.Errorf("it is said that the operator %s, but its pauses are from %v to %v", said, shortest, longest)
			}
		})
	}
}

func TestOperatorTriesAgainWithinAMinute(t *testing.T) {
	justCreated := func(job *v1alpha1.VectaraJob) { job.CreationTimestamp = *ago(5 * time.Second) }
	for name, test := range map[string]struct {
		job  *v1alpha1.VectaraJob
		kind jobs.FaultKind
		said string
	}{
		"an outage":                      {running(troubled(v1alpha1.ReasonAPIUnavailable)), jobs.Unavailable, "tries again within a minute or so"},
		"an answer that is not believed": {running(troubled(v1alpha1.ReasonInvalidResponse)), jobs.InvalidResponse, "tries again within a minute or so"},
		"a new VectaraJob whose job is not there yet": {
			running(unseen, justCreated, troubled(v1alpha1.ReasonJobNotFound)), jobs.NotFound, "more often while the VectaraJob is new",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words.Looks(test.job, now); !strings.Contains(got, test.said) {
				t.Errorf("it is said that the operator %q, want %q", got, test.said)
			}
			if _, longest := pauses(t, test.job, fault(test.kind, 1)); longest > 10*time.Second {
				t.Errorf("at first it waits up to %v", longest)
			}
			if _, longest := pauses(t, test.job, fault(test.kind, 99)); longest > time.Minute || longest < 50*time.Second {
				t.Errorf("in the end it waits up to %v", longest)
			}
		})
	}
}

// TestOperatorDoesNotLookByItself is about those VectaraJobs of which it is said that the operator does not look, or only when
// a Secret changes.
func TestOperatorDoesNotLookByItself(t *testing.T) {
	for name, test := range map[string]struct {
		job     *v1alpha1.VectaraJob
		objects []client.Object
		said    string
	}{
		"a job that has completed": {running(ended(v1alpha1.JobStateCompleted, "")), []client.Object{credentials()}, ""},
		"a job that has failed":    {running(ended(v1alpha1.JobStateFailed, "")), []client.Object{credentials()}, ""},
		"a suspended VectaraJob":   {running(suspended), []client.Object{credentials()}, ""},
		"a Secret that is missing": {running(blocked(v1alpha1.ReasonCredentialsNotFound, "")), nil, "looks when the Secret changes"},
		"a Secret that is empty": {running(blocked(v1alpha1.ReasonCredentialsInvalid, "")), []client.Object{&corev1.Secret{
			ObjectMeta: credentials().ObjectMeta, Type: v1alpha1.CredentialsSecretType,
		}}, "looks when the Secret changes"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words.Looks(test.job, now); got != test.said {
				t.Errorf("it is said that the operator %q, want %q", got, test.said)
			}
			if watch, again := reconciled(t, test.job, test.objects...); watch != nil || again != 0 {
				t.Errorf("the operator observes %+v, and comes back after %v", watch, again)
			}
		})
	}
}
