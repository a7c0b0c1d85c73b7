// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestOverdueJobsSayThatTheyAreRateLimited(t *testing.T) {
	s := newScene(t)
	history := s.record()
	const n = 20
	s.jobs("a", n, time.Hour)
	s.objects("a", n)
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobStarted")
	writes := s.jobWrites()
	remove := s.vectara.Inject(simulator.Fault{Status: 429, RetryAfter: "40"})
	// The interval is up to 2 s, and 30 s later the poll is overdue.
	history.await(38*time.Second, "a", n, v1alpha1.ConditionSynced, "RateLimited")
	for i := range n {
		name := fmt.Sprint("a", i)
		if object := s.get(name); object.Status.State != "started" || reasonOf(object, v1alpha1.ConditionReady) != "JobStarted" {
			t.Errorf("%s lost what was last seen: %+v", name, object.Status)
		}
	}
	remove()
	history.await(patience, "a", n, v1alpha1.ConditionSynced, "Synced")
	if got := s.jobWrites() - writes; got > 2*n {
		t.Errorf("%d writes for %d objects, want one when it begins and one when it ends", got, n)
	}
}

func TestOneRefusedJobIsTheOnlyOneThatIsUnauthorized(t *testing.T) {
	s := newScene(t)
	history := s.record()
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, JobID: "job_refused", Status: 401})
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Omit: []string{"job_refused"}})
	s.job("job_refused", "started")
	s.create("refused", "job_refused", pollEvery(time.Second))
	s.awaitReason("refused", v1alpha1.ConditionStalled, "Unauthorized")
	const n = 30
	s.jobs("a", n, time.Hour)
	s.objects("a", n)
	history.await(20*time.Second, "a", n, v1alpha1.ConditionReady, "JobStarted")

	// A restart may poll the refused job first.
	s.manager.Kill()
	s.end("a", n)
	s.startManager()
	history.await(20*time.Second, "a", n, v1alpha1.ConditionReady, "JobCompleted")
	if got := history.syncedReasons("a"); !slices.Equal(got, []string{"Synced"}) {
		t.Errorf("the other objects said %v", got)
	}
	if got := reasonOf(s.get("refused"), v1alpha1.ConditionSynced); got != "Unauthorized" {
		t.Errorf("the refused job says %s", got)
	}
}

func TestHangingCallProlongsNoPause(t *testing.T) {
	s := newScene(t)
	history := s.record()
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, JobID: "job_hangs", Hang: true})
	s.job("job_hangs", "started")
	s.create("hangs", "job_hangs", func(object *v1alpha1.VectaraJob) {
		object.Spec.RequestTimeout = &metav1.Duration{Duration: 5 * time.Minute}
	})
	s.awaitRequest("job_hangs", 1)
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, JobID: "job_limited", Status: 429, RetryAfter: "1", Times: 1})
	s.job("job_limited", "started")
	s.create("limited", "job_limited")
	s.awaitCalls("job_limited", 1)
	const n = 20
	s.jobs("a", n, time.Hour)
	s.objects("a", n)
	history.await(15*time.Second, "a", n, v1alpha1.ConditionReady, "JobStarted")
	history.await(15*time.Second, "limited", 1, v1alpha1.ConditionReady, "JobStarted")
}

func TestProbeThatFailsAfterAPauseKeepsTheOthersWaiting(t *testing.T) {
	s := newScene(t)
	history, tick := s.record(), s.clock()
	const n = 100
	s.jobs("a", n, time.Hour)
	s.objects("a", n)
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobStarted")

	limited := s.vectara.Inject(simulator.Fault{Credential: apiKey, Status: 429, RetryAfter: "5"})
	down := s.vectara.Inject(simulator.Fault{Credential: apiKey, Status: 503})
	s.within(func(ctx context.Context) error { return s.vectara.WaitForRequests(ctx, 1, isGet, respondedWith(429)) })
	tick(2) // Calls that were under way have their responses.
	limited()
	s.within(func(ctx context.Context) error { return s.vectara.WaitForRequests(ctx, 1, respondedWith(503)) })
	s.vectara.ResetLog()
	tick(10)
	if got := s.calls(); got > 10 {
		t.Errorf("%d calls in the 10 s after the probe failed, want one at a time with back-off", got)
	}

	down()
	s.end("a", n)
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobCompleted")
}

func TestTokenEndpointThatIsDownIsProbedWithBackOff(t *testing.T) {
	s := newScene(t)
	history, tick := s.record(), s.clock()
	const secret = "not-a-real-client-secret"
	s.vectara.AddClient("client", secret, time.Hour, simulator.Access{})
	s.secret("oauth", map[string]string{v1alpha1.ClientIDKey: "client", v1alpha1.ClientSecretKey: secret})
	heal := s.vectara.Inject(simulator.Fault{Operation: simulator.OpToken, Status: 503})
	const n = 30
	s.jobs("a", n, time.Hour)
	s.objects("a", n, uses("oauth"))
	s.within(func(ctx context.Context) error { return s.vectara.WaitForRequests(ctx, 3, isToken) })
	s.vectara.ResetLog()
	tick(10)
	if got := s.vectara.Count(simulator.OpToken, ""); got > 10 {
		t.Errorf("%d token requests in 10 s, want one at a time with back-off", got)
	}
	heal()
	history.await(patience, "a", n, v1alpha1.ConditionReady, "JobStarted")
}

func TestCopiesOfAKeyShareOneSession(t *testing.T) {
	t.Run("they share the budget", func(t *testing.T) {
		s := newScene(t, "--requests-per-second=5", "--burst=5")
		tick := s.clock()
		s.vectara.Inject(simulator.Fault{Operation: simulator.OpListJobs, Status: 403})
		s.secret("copy", map[string]string{v1alpha1.APIKeyKey: apiKey})
		const n = 40
		for prefix, secret := range map[string]string{"a": v1alpha1.DefaultCredentialsSecretName, "b": "copy"} {
			s.jobs(prefix, n, time.Hour)
			s.objects(prefix, n, uses(secret), pollEvery(time.Second))
		}
		s.vectara.ResetLog()
		tick(10)
		// The clock is up to a tenth slow, and the burst may be unspent.
		if got := s.calls(); got > 70 {
			t.Errorf("%d calls in 10 s with two copies of a key that may make 5 a second", got)
		}
	})
	t.Run("they share the calls for a job", func(t *testing.T) {
		s := newScene(t)
		tick := s.clock()
		s.secret("copy", map[string]string{v1alpha1.APIKeyKey: apiKey})
		s.job("job_a", "started")
		s.create("a", "job_a", pollEvery(time.Second))
		s.create("b", "job_a", pollEvery(time.Second), uses("copy"))
		s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
		s.awaitReason("b", v1alpha1.ConditionReady, "JobStarted")
		s.vectara.ResetLog()
		tick(8)
		if got := s.calls(); got > 11 {
			t.Errorf("%d calls in 8 s for a job that is polled once a second", got)
		}
	})
}
