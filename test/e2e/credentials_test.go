// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

func TestRotatedKeyIsUsedAtOnce(t *testing.T) {
	s := newScene(t)
	s.secret("rotating", map[string]string{"api-key": "a-key-that-is-not-known"})
	usesRotating := func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = "rotating" }
	for i := range 5 {
		id := fmt.Sprint("job_", i)
		s.job(id, "started")
		s.create(fmt.Sprint("a", i), id, usesRotating, pollEvery(time.Hour))
	}
	for i := range 5 {
		s.awaitReason(fmt.Sprint("a", i), v1alpha1.ConditionStalled, "Unauthorized")
	}
	s.secret("rotating", map[string]string{"api-key": apiKey})
	for i := range 5 {
		s.awaitReason(fmt.Sprint("a", i), v1alpha1.ConditionReady, "JobStarted")
	}
}

func TestSecretThatComesLaterIsUsedAtOnce(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "completed")
	s.create("a", "job_a", func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = "later" })
	s.awaitReason("a", v1alpha1.ConditionStalled, "CredentialsNotFound")
	s.secret("later", map[string]string{"api-key": "bad\nkey"})
	s.awaitReason("a", v1alpha1.ConditionStalled, "CredentialsInvalid")
	s.secret("later", map[string]string{"api-key": apiKey + "\n"}) // As a file brings it along.
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}

func TestChangedReferenceIsUsedAtOnce(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "completed")
	s.create("a", "job_a", func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = "absent" })
	s.awaitReason("a", v1alpha1.ConditionStalled, "CredentialsNotFound")
	s.change("a", func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = v1alpha1.DefaultCredentialsSecretName })
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}

func TestOAuthClient(t *testing.T) {
	s := newScene(t)
	const secret = "not-a-real-client-secret"
	s.vectara.AddClient("client", secret, time.Hour, simulator.Access{})
	s.secret("oauth", map[string]string{"client-id": "client", "client-secret": secret})
	usesOAuth := func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = "oauth" }
	for i := range 10 {
		id := fmt.Sprint("job_", i)
		s.job(id, "started")
		s.create(fmt.Sprint("a", i), id, usesOAuth)
	}
	for i := range 10 {
		s.awaitReason(fmt.Sprint("a", i), v1alpha1.ConditionReady, "JobStarted")
	}
	if got := s.vectara.Count(simulator.OpToken, ""); got != 1 {
		t.Errorf("%d tokens were fetched for 10 jobs, want 1", got)
	}

	s.vectara.ExpireTokens()
	s.vectara.SetState("job_0", "completed", "")
	s.awaitReason("a0", v1alpha1.ConditionReady, "JobCompleted")
	if object := s.get("a1"); reasonOf(object, v1alpha1.ConditionSynced) != "Synced" {
		t.Errorf("a token that expired was seen by a user: %+v", object.Status.Conditions)
	}
}

// TestKeysAreNowhereButOnTheWireToVectara has Vectara echo the key wherever it can, and redirect to another host.
func TestKeysAreNowhereButOnTheWireToVectara(t *testing.T) {
	s := newScene(t, "--zap-log-level=debug")
	thief, err := simulator.Start(simulator.Options{})
	s.must(err)
	t.Cleanup(thief.Close)

	echo := fmt.Sprintf(`{"messages": ["the key %s may not see this", %q], "request_id": %q}`, apiKey, apiKey, apiKey)
	for jobID, fault := range map[string]simulator.Fault{
		"job_403":      {Status: 403, Body: echo},
		"job_404":      {Status: 404, Body: echo},
		"job_500":      {Status: 500, Body: echo},
		"job_redirect": {Redirect: thief.URL() + "/v2/jobs/job_redirect"},
	} {
		fault.Operation, fault.JobID = simulator.OpGetJob, jobID
		s.vectara.Inject(fault)
		s.create(strings.ReplaceAll(jobID, "_", "-"), jobID)
	}
	s.vectara.AddJob(simulator.Job{
		ID: "job_echo", Type: apiKey, CorpusKeys: []string{apiKey}, CreatedByUsername: apiKey,
		Steps: []simulator.Step{{State: "failed", Comment: "cannot use " + apiKey}},
	})
	s.create("job-echo", "job_echo")
	s.awaitReason("job-403", v1alpha1.ConditionStalled, "PermissionDenied")
	s.awaitReason("job-404", v1alpha1.ConditionReconciling, "JobNotFound")
	s.awaitReason("job-500", v1alpha1.ConditionSynced, "APIUnavailable")
	s.awaitReason("job-redirect", v1alpha1.ConditionSynced, "InvalidResponse")
	s.awaitReason("job-echo", v1alpha1.ConditionStalled, "JobFailed")
	s.awaitEvent("job-echo", "JobFailed")
	s.awaitEvent("job-403", "PermissionDenied")

	for what, text := range map[string]string{
		"the manager's log": s.manager.Output(),
		"the objects":       s.kubectl("get", "vj", "-o", "yaml"),
		"the events":        s.kubectl("get", "events", "-o", "yaml"),
	} {
		if strings.Contains(text, apiKey) {
			t.Errorf("the key stands in %s:\n%s", what, text)
		}
	}
	if got := len(thief.Requests()); got != 0 {
		t.Errorf("%d requests followed a redirect", got)
	}
	for _, request := range s.vectara.Requests() {
		if request.Header.Get("x-api-key") != apiKey {
			t.Errorf("a request came without the key: %s", request.Path)
		}
		if strings.Contains(request.Path+request.Query, apiKey) {
			t.Errorf("the key stands in a URL: %s", request.Path)
		}
	}
}

func (s *scene) kubectl(arguments ...string) string {
	s.t.Helper()
	out, err := s.cluster.Kubectl(s.ctx, append(arguments, "-n", s.namespace)...)
	s.must(err)
	return out
}

// TestNoOtherSecretIsRead goes by the API server's audit log: every read of Secrets names the type.
func TestNoOtherSecretIsRead(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "completed")
	s.create("a", "job_a")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
	reads, err := cluster.OperatorRequests(harness.OnResource("secrets"))
	s.must(err)
	if len(reads) == 0 {
		t.Fatal("no read of Secrets in the audit log: this tests nothing")
	}
	for _, read := range reads {
		if (read.Verb != "list" && read.Verb != "watch") || !strings.Contains(read.RequestURI, "fieldSelector=type%3Djobs.vectara.io%2Fcredentials") {
			t.Errorf("the operator requested %s %s", read.Verb, read.RequestURI)
		}
	}
}

// TestPermissionsSuffice goes by the audit log too: nothing that the operator requested was forbidden, in any test so far, but for
// what nobody may: to create something in a namespace that is being deleted.
func TestPermissionsSuffice(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "completed")
	s.create("a", "job_a")
	s.awaitEvent("a", "JobCompleted")
	forbidden, err := cluster.OperatorRequests(func(event auditv1.Event) bool {
		return event.ResponseStatus != nil && event.ResponseStatus.Code == 403 &&
			!strings.Contains(event.ResponseStatus.Message, "because it is being terminated")
	})
	s.must(err)
	for _, event := range forbidden {
		t.Errorf("the operator may not %s %s", event.Verb, event.RequestURI)
	}
}
