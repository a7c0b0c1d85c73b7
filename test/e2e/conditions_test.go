// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// row is one row of the table of conditions: what was seen, and what the object says then.
type row struct {
	name string
	// given causes it. The object that is checked is "a", for the job "job_a".
	given func(*scene)

	synced      metav1.ConditionStatus
	reason      string // of Synced
	ready       metav1.ConditionStatus
	readyReason string
	// also is the one of Reconciling and Stalled that is there; empty for none.
	also   string
	health status.Status // what kstatus makes of it
	// words must be in the message of Synced, if that is False.
	words string
}

func state(name string) func(*scene) {
	return func(s *scene) { s.job("job_a", name) }
}

func fault(f simulator.Fault) func(*scene) {
	return func(s *scene) {
		s.job("job_a", "started")
		s.vectara.Inject(f)
	}
}

func secretHolding(data map[string]string) func(*scene) {
	return func(s *scene) {
		s.job("job_a", "started")
		s.secret(v1alpha1.DefaultCredentialsSecretName, data)
	}
}

func active(name, reason string, given func(*scene)) row {
	return row{
		name: name, given: given, synced: metav1.ConditionTrue, reason: "Synced", ready: metav1.ConditionFalse, readyReason: reason,
		also: v1alpha1.ConditionReconciling, health: status.InProgressStatus,
	}
}

func ended(name, reason string, given func(*scene)) row {
	return row{
		name: name, given: given, synced: metav1.ConditionTrue, reason: "Synced", ready: metav1.ConditionFalse, readyReason: reason,
		also: v1alpha1.ConditionStalled, health: status.FailedStatus,
	}
}

func blocked(name, reason, words string, given func(*scene)) row {
	return row{
		name: name, given: given, synced: metav1.ConditionFalse, reason: reason, ready: metav1.ConditionFalse, readyReason: reason,
		also: v1alpha1.ConditionStalled, health: status.FailedStatus, words: words,
	}
}

func transient(name, reason, words string, given func(*scene)) row {
	return row{
		name: name, given: given, synced: metav1.ConditionFalse, reason: reason, ready: metav1.ConditionUnknown, readyReason: reason,
		also: v1alpha1.ConditionReconciling, health: status.InProgressStatus, words: words,
	}
}

// elsewhere is a host that must never get a request.
const elsewhere = "http://127.0.0.1:1/v2/jobs/job_a"

func rows() []row {
	completed := ended("completed", "JobCompleted", state("completed"))
	completed.ready, completed.also, completed.health = metav1.ConditionTrue, "", status.CurrentStatus
	return []row{
		active("queued", "JobQueued", state("queued")),
		active("started", "JobStarted", state("started")),
		active("failed, and will be tried again", "JobRetrying", state("failed_will_retry")),
		active("in a state that Vectara does not know", "JobStateUnknown", state("unknown")),
		active("in a state that the operator does not know", "JobStateUnknown", state("paused_for_lunch")),
		active("without a state", "JobStateUnknown", func(s *scene) { s.vectara.AddJob(simulator.Job{ID: "job_a"}) }),
		completed,
		ended("failed", "JobFailed", state("failed")),
		ended("aborted", "JobAborted", state("aborted")),

		blocked("403", "PermissionDenied", "HTTP 403", func(s *scene) {
			s.job("job_a", "started")
			s.vectara.AddAPIKey(apiKey, simulator.Access{Denied: true})
		}),
		blocked("400", "RequestRejected", "HTTP 400", fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 400})),
		blocked("422 without JSON", "RequestRejected", "HTTP 422",
			fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 422, Body: "<html>no</html>", ContentType: "text/html"})),
		blocked("401", "Unauthorized", "HTTP 401", secretHolding(map[string]string{"api-key": "a-key-nobody-knows"})),
		blocked("401 without JSON", "Unauthorized", "HTTP 401",
			fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 401, Body: "<html>no</html>", ContentType: "text/html"})),
		blocked("a token endpoint that refuses the client", "Unauthorized", "token endpoint",
			secretHolding(map[string]string{"client-id": "nobody", "client-secret": "not-a-real-secret"})),
		blocked("no Secret", "CredentialsNotFound", "There is no Secret", func(s *scene) {
			s.job("job_a", "started")
			s.must(admin.Delete(s.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: v1alpha1.DefaultCredentialsSecretName}}))
		}),
		blocked("a Secret of another type", "CredentialsNotFound", "another type", func(s *scene) {
			s.job("job_a", "started")
			name := metav1.ObjectMeta{Namespace: s.namespace, Name: v1alpha1.DefaultCredentialsSecretName}
			s.must(admin.Delete(s.ctx, &corev1.Secret{ObjectMeta: name}))
			s.must(admin.Create(s.ctx, &corev1.Secret{ObjectMeta: name, StringData: map[string]string{"api-key": apiKey}}))
		}),
		blocked("a Secret without credentials", "CredentialsInvalid", "it has: key.", secretHolding(map[string]string{"key": "x"})),
		blocked("a Secret with half of a client", "CredentialsInvalid", "client-secret is missing or empty; it has: client-id.", secretHolding(map[string]string{"client-id": "x"})),

		transient("404 for a new object", "JobNotFound", "HTTP 404", func(*scene) {}).with(func(r *row) { r.ready = metav1.ConditionFalse }),
		transient("429", "RateLimited", "HTTP 429", fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 429, RetryAfter: "3600"})),
		transient("408", "APIUnavailable", "HTTP 408", fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 408})),
		transient("409", "APIUnavailable", "HTTP 409", fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 409})),
		transient("425", "APIUnavailable", "HTTP 425", fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 425})),
		transient("500", "APIUnavailable", "HTTP 500", fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 500})),
		transient("503 without JSON", "APIUnavailable", "HTTP 503",
			fault(simulator.Fault{Operation: simulator.OpGetJob, Status: 503, Body: "upstream", ContentType: "text/plain"})),
		transient("a connection that is cut", "APIUnavailable", "", fault(simulator.Fault{Operation: simulator.OpGetJob, Reset: true})),
		transient("a response that does not come in time", "APIUnavailable", "127.0.0.1 within 2s (requestTimeout)", fault(simulator.Fault{Operation: simulator.OpGetJob, Hang: true})),
		transient("a redirect", "InvalidResponse", "redirect", fault(simulator.Fault{Operation: simulator.OpGetJob, Redirect: elsewhere})),
		transient("a body without end", "InvalidResponse", "", fault(simulator.Fault{Operation: simulator.OpGetJob, Endless: true})),
		transient("a body that unpacks without end", "InvalidResponse", "", fault(simulator.Fault{Operation: simulator.OpGetJob, GzipBomb: true})),
		transient("HTML", "InvalidResponse", "", fault(simulator.Fault{Operation: simulator.OpGetJob, Status: http.StatusOK, Body: "<html>", ContentType: "text/html"})),
		transient("another job", "InvalidResponse", "", func(s *scene) {
			s.vectara.AddJob(simulator.Job{ID: "job_a", Steps: []simulator.Step{{State: "completed"}}, Extra: map[string]any{"id": "job_b"}})
		}),
	}
}

func (r row) with(change func(*row)) row {
	change(&r)
	return r
}

// check says what of an object is not as the row has it.
func (r row) check(t *testing.T, object *v1alpha1.VectaraJob) {
	t.Helper()
	expect := func(kind string, want metav1.ConditionStatus, reason string) {
		t.Helper()
		c := meta.FindStatusCondition(object.Status.Conditions, kind)
		switch {
		case want == "" && c == nil:
		case c == nil:
			t.Errorf("%s is absent, want %s %s", kind, want, reason)
		case c.Status != want || c.Reason != reason:
			t.Errorf("%s is %s %s, want %s %s", kind, c.Status, c.Reason, want, reason)
		case c.ObservedGeneration != object.Generation:
			t.Errorf("%s was observed at generation %d, the object is at %d", kind, c.ObservedGeneration, object.Generation)
		}
	}
	expect(v1alpha1.ConditionSynced, r.synced, r.reason)
	expect(v1alpha1.ConditionReady, r.ready, r.readyReason)
	for _, kind := range []string{v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if kind == r.also {
			expect(kind, metav1.ConditionTrue, r.readyReason)
		} else {
			expect(kind, "", "")
		}
	}
	if got := healthOf(t, object); got != r.health {
		t.Errorf("kstatus makes it %s, want %s", got, r.health)
	}
	if c := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionSynced); c != nil && r.synced == metav1.ConditionFalse && !strings.Contains(c.Message, r.words) {
		t.Errorf("the message %q says nothing of %q", c.Message, r.words)
	}
	if object.Status.ObservedGeneration != object.Generation {
		t.Errorf("observedGeneration is %d, want %d", object.Status.ObservedGeneration, object.Generation)
	}
}

// healthOf is what Flux and kubectl plugins that use kstatus make of an object.
func healthOf(t *testing.T, object *v1alpha1.VectaraJob) status.Status {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	result, err := status.Compute(&unstructured.Unstructured{Object: content})
	if err != nil {
		t.Fatal(err)
	}
	return result.Status
}

func TestConditionsOfANewObject(t *testing.T) {
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			s := newScene(t, "--request-timeout=2s")
			r.given(s)
			began := time.Now()
			fresh := s.create("a", "job_a")
			if got := healthOf(t, fresh); got != status.InProgressStatus {
				t.Errorf("kstatus makes a new object %s, want InProgress", got)
			}
			object := s.awaitReason("a", v1alpha1.ConditionSynced, r.reason)
			for _, reason := range slices.Compact([]string{r.reason, r.readyReason}) {
				seenSoon(t, reason, time.Since(began))
			}
			r.check(t, object)
			s.golden(v1alpha1.VectaraJobKind, "a", r.name)
		})
	}
}

// TestFaultsDuringALife has every fault hit a job that was seen before: what was mirrored stays, and the fault passes.
func TestFaultsDuringALife(t *testing.T) {
	for _, r := range rows() {
		if r.synced != metav1.ConditionFalse || r.reason == "JobNotFound" || strings.HasPrefix(r.reason, "Credentials") || r.name == "another job" {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			s := newScene(t, "--request-timeout=2s")
			s.job("job_a", "started")
			s.create("a", "job_a")
			before := s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")

			r.given(s)
			object := s.awaitReason("a", v1alpha1.ConditionSynced, r.reason)
			if r.ready == metav1.ConditionUnknown {
				r.ready, r.readyReason = metav1.ConditionFalse, "JobStarted" // As it was.
				if reconciling := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReconciling); reconciling == nil || reconciling.Reason != r.reason {
					t.Errorf("Reconciling is %+v, want the reason %s", reconciling, r.reason)
				}
				meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReconciling).Reason = r.readyReason
			}
			r.check(t, object)
			object.Status.Conditions, before.Status.Conditions = nil, nil
			if got, want := healthless(object), healthless(before); got != want {
				t.Errorf("the fault changed what was mirrored:\n%s\nwas\n%s", got, want)
			}
		})
	}
}

func healthless(object *v1alpha1.VectaraJob) string {
	content, _ := runtime.DefaultUnstructuredConverter.ToUnstructured(&object.Status)
	return strings.TrimSpace(strings.Join(strings.Fields(fmt.Sprint(content)), " "))
}

func TestPersistingFaultCostsNoWrites(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Status: 503})
	s.create("a", "job_a")
	first := s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable")
	s.awaitCalls("job_a", 4) // Each response has a request ID of its own.
	if got := s.get("a"); got.ResourceVersion != first.ResourceVersion {
		t.Errorf("a fault that persisted was written again:\n%+v\nwas\n%+v", got.Status.Conditions, first.Status.Conditions)
	}
	if got := s.jobWrites(); got != 1 {
		t.Errorf("%d writes for one fault", got)
	}
}

func TestJobThatIsNotFoundStallsAfterAMinuteAndIsFoundOnRequest(t *testing.T) {
	s := newScene(t)
	created := s.create("a", "job_a")
	s.awaitReason("a", v1alpha1.ConditionReconciling, "JobNotFound")
	stalled := s.awaitReason("a", v1alpha1.ConditionStalled, "JobNotFound")
	if early := time.Until(created.CreationTimestamp.Add(time.Minute)); early > 0 {
		t.Errorf("stalled %v before the minute was over", early)
	}
	if reasonOf(stalled, v1alpha1.ConditionReconciling) != "" {
		t.Error("Reconciling and Stalled are there together")
	}
	s.golden(v1alpha1.VectaraJobKind, "a", notFoundForAMinute)
	s.job("job_a", "completed")
	s.change("a", requestedAt("now"))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}

func TestOutageOfEverything(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	// An endpoint that refuses connections: the port was free a moment ago.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	address := listener.Addr().String()
	s.must(listener.Close())
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{"api-key": apiKey})
	s.flags = append(s.flags, "--endpoint=http://"+address)
	s.startManager()
	s.create("a", "job_a")
	transient("no connection", "APIUnavailable", "connection refused", nil).check(t, s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable"))
}

func TestCertificateThatNobodyTrusts(t *testing.T) {
	s := emptyScene(t, simulator.Options{TLS: true})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{"api-key": apiKey})
	s.startManager()
	s.job("job_a", "completed")
	s.create("a", "job_a")
	transient("TLS", "APIUnavailable", "certificate", nil).check(t, s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable"))
	if got := len(s.vectara.Requests()); got != 0 {
		t.Errorf("%d requests were sent to a server that is not trusted", got)
	}
}
