// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// noStatusPolicy has the API server refuse the status of one VectaraJob of a namespace.
const noStatusPolicy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: no-status-%[1]s
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector:
      matchLabels: {kubernetes.io/metadata.name: %[1]s}
    resourceRules:
    - apiGroups: [jobs.vectara.io]
      apiVersions: ["*"]
      operations: [UPDATE]
      resources: [vectarajobs/status]
  validations:
  - expression: object.metadata.name != "policy"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: no-status-%[1]s
spec:
  policyName: no-status-%[1]s
  validationActions: [Deny]
`

// TestWriteThatFailsCostsVectaraNothing has the API server refuse status in several ways at the same time.
func TestWriteThatFailsCostsVectaraNothing(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	proxy := s.proxy()
	manager := s.measuredManager("--kubeconfig=" + proxy.Kubeconfig)
	s.manager = manager.Manager
	policy := fmt.Sprintf(noStatusPolicy, s.namespace)
	s.apply(policy)
	t.Cleanup(func() {
		command := cluster.KubectlCommand(t.Context(), "delete", "-f", "-", "--ignore-not-found")
		command.Stdin = strings.NewReader(policy)
		_ = command.Run() // It is gone unless the test failed.
	})
	refused := map[string]int{
		"limited": http.StatusTooManyRequests, "broken": http.StatusInternalServerError, "away": http.StatusServiceUnavailable,
		"forbidden": http.StatusForbidden,
	}
	var mend []func()
	for name, status := range refused {
		mend = append(mend, proxy.Refuse(status, statusWrite(name)))
	}
	all := []string{"limited", "broken", "away", "forbidden", "policy"}
	s.eventually("the policy is in force", func() bool {
		probe := s.object("policy", "job_probe")
		s.must(s.admin.Create(s.ctx, probe))
		before := probe.DeepCopy()
		probe.Status.State = "started"
		err := s.admin.Status().Patch(s.ctx, probe, client.MergeFrom(before))
		s.must(s.admin.Delete(s.ctx, probe))
		return err != nil
	})
	for _, name := range all {
		s.job("job_"+name, "started")
		s.create(name, "job_"+name, pollEvery(time.Hour))
	}
	s.job("job_good", "started")
	s.create("good", "job_good")
	s.awaitReason("good", v1alpha1.ConditionReady, "JobStarted")

	manager.await("unwritten_objects", exactly(map[string]float64{"": float64(len(all))}))
	// The refusals are told when they have lasted for some time; an API server in trouble says nothing of the object.
	s.awaitEvent("policy", "WriteRefused")
	s.awaitEvent("forbidden", "WriteRefused")
	for _, name := range []string{"limited", "broken", "away"} {
		for _, event := range s.events(name) {
			t.Errorf("the event %s of %s: %s", event.Reason, name, event.Note)
		}
	}
	for _, name := range all {
		if got := s.vectara.Count(simulator.OpGetJob, "job_"+name); got > 1 {
			t.Errorf("the job of %s was polled %d times because its status could not be written", name, got)
		}
		// From 5 ms on, each wait is twice as long as the one before: 13 in 20 s, and each may be sent again by the client.
		if got := len(proxy.Exchanges(statusWritten(name))); got < 2 || got > 40 {
			t.Errorf("the status of %s was sent %d times", name, got)
		}
		if len(s.get(name).Status.Conditions) > 0 {
			t.Errorf("the status of %s was written", name)
		}
	}

	s.vectara.SetState("job_good", "completed", "")
	s.awaitReason("good", v1alpha1.ConditionReady, "JobCompleted")
	for _, lift := range mend {
		lift()
	}
	s.kubectl("delete", "validatingadmissionpolicybinding", "no-status-"+s.namespace)
	for _, name := range all {
		s.awaitReason(name, v1alpha1.ConditionReady, "JobStarted")
		if got := s.vectara.Count(simulator.OpGetJob, "job_"+name); got != 1 {
			t.Errorf("the job of %s was polled %d times, want once", name, got)
		}
	}
	manager.await("unwritten_objects", exactly(map[string]float64{}))
	s.awaitEvent("policy", "WriteSucceeded")
}

// TestStatusComesThroughAHundredEditsASecond has somebody edit an object all the time. The first write of each change of status is
// based on a version that is old by the time it arrives, and others may be too.
func TestStatusComesThroughAHundredEditsASecond(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	proxy := s.startManagerBehindProxy()
	s.job("job_a", "started")
	s.create("a", "job_a", pollEvery(time.Second))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
	group, ctx := errgroup.WithContext(s.ctx)
	group.SetLimit(8)
	edit := func(i int) error {
		patch := fmt.Sprintf(`{"metadata":{"labels":{"edit":"%d"}}}`, i)
		object := &v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "a"}}
		return s.admin.Patch(ctx, object, client.RawPatch("application/merge-patch+json", []byte(patch)))
	}
	states := []struct{ state, reason string }{{"failed_will_retry", "JobRetrying"}, {"completed", "JobCompleted"}}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	edits := 0
	began := time.Now()
	for _, next := range states {
		held, release := proxy.Hold(statusWrite("a"))
		s.vectara.SetState("job_a", next.state, "")
		for reason := ""; reason != next.reason; edits++ {
			if time.Since(began) > patience {
				t.Fatalf("after %d edits, Ready is %s, want %s", edits, reason, next.reason)
			}
			<-ticker.C
			number := edits
			select {
			case <-held:
				s.must(edit(number))
				release()
				continue
			default:
			}
			group.Go(func() error { return edit(number) })
			if edits%20 == 0 {
				reason = reasonOf(s.get("a"), v1alpha1.ConditionReady)
			}
		}
	}
	took := time.Since(began)
	s.must(group.Wait())
	conflicts := proxy.Exchanges(func(e harness.Exchange) bool { return statusWritten("a")(e) && e.Status == http.StatusConflict })
	if len(conflicts) < len(states) {
		t.Errorf("%d conflicts, want at least one for each change of status", len(conflicts))
	}
	calls := s.vectara.Count(simulator.OpGetJob, "job_a")
	if limit := int(took/time.Second)*2 + 5; calls > limit {
		t.Errorf("%d calls in %v for a job that is polled once a second", calls, took)
	}
	// Three writes, and one attempt each half second at most.
	if got, limit := s.jobWrites(), 3+int(took/conflictPause)+3; got > limit {
		t.Errorf("%d attempts to write in %v, want %d at most", got, took, limit)
	}
	t.Logf("%d edits, %d attempts to write and %d conflicts in %v", edits, s.jobWrites(), len(conflicts), took.Round(time.Millisecond))
}

// conflictPause is how long the operator waits after a conflict.
const conflictPause = 500 * time.Millisecond

func TestWatchThatIsCutMissesNothing(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	proxy := s.startManagerBehindProxy()
	tick := s.clock()
	s.job("job_waits", "completed")
	s.create("waits", "job_waits", usesSecret("later"))
	s.awaitReason("waits", v1alpha1.ConditionSynced, "CredentialsNotFound")
	for i := range 3 {
		name := fmt.Sprint("new", i)
		s.job("job_"+name, "started")
		proxy.CutWatches()
		s.create(name, "job_"+name)
		s.awaitReason(name, v1alpha1.ConditionReady, "JobStarted")
		proxy.CutWatches()
		s.must(s.admin.Delete(s.ctx, s.get(name)))
	}
	s.secret("later", map[string]string{v1alpha1.APIKeyKey: apiKey})
	watches := func() int {
		return len(proxy.Exchanges(func(e harness.Exchange) bool {
			return e.Status == http.StatusOK && strings.HasSuffix(e.Path, "/vectarajobs")
		}))
	}
	open := watches()
	proxy.CutWatches()
	s.awaitReason("waits", v1alpha1.ConditionReady, "JobCompleted")
	s.eventually("VectaraJobs are watched again", func() bool { return watches() > open })
	tick(2)
	before := s.vectara.Count(simulator.OpGetJob, "job_new2")
	tick(4)
	if got := s.vectara.Count(simulator.OpGetJob, "job_new2") - before; got > 0 {
		t.Errorf("%d calls for a job whose object was deleted while no watch was open", got)
	}
	s.within(s.manager.AwaitReady)
}

// TestStaleCacheOverwritesNothing keeps all events from the manager while an object and its job change.
func TestStaleCacheOverwritesNothing(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	proxy := s.startManagerBehindProxy()
	tick := s.clock()
	s.job("job_a", "started")
	s.create("a", "job_a", pollEvery(time.Second))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")

	events := proxy.StallWatches("vectarajobs")
	suspendedOne := s.change("a", suspended(true))
	s.vectara.SetState("job_a", "completed", "")
	refusals := func() int {
		n := 0
		for _, exchange := range proxy.Exchanges(statusWritten("a")) {
			if exchange.Status == http.StatusConflict {
				n++
			}
		}
		return n
	}
	s.eventually("the operator has written what it took for the newest version", func() bool { return refusals() > 0 })
	calls := s.vectara.Count(simulator.OpGetJob, "job_a")
	tick(4)
	if got := refusals(); got > 15 {
		t.Errorf("%d attempts to write in about 4 s: that is a hot loop", got)
	}
	if got := s.vectara.Count(simulator.OpGetJob, "job_a") - calls; got > 0 {
		t.Errorf("%d calls for a job that ended, because its status could not be written", got)
	}
	if got := s.get("a"); got.ResourceVersion != suspendedOne.ResourceVersion {
		t.Errorf("an object that was suspended meanwhile was written: %+v", got.Status)
	}
	events()
	tick(2)
	s.change("a", suspended(false))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}
