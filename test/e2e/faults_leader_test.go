// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// TestFrozenLeaderOverwritesNothing has a leader stand still in the middle of a write, for longer than its lease. Then two believe
// for a moment that they lead.
func TestFrozenLeaderOverwritesNothing(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	lease := "lease-" + s.namespace
	elect := []string{"--leader-elect=true", "--leader-election-id=" + lease}
	s.job("job_a", "queued")
	s.create("a", "job_a", pollEvery(time.Second))

	proxy := s.proxy()
	frozen := s.anotherManager(append(elect, "--kubeconfig="+proxy.Kubeconfig)...)
	holder := s.awaitLeader(lease, "")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobQueued")
	standby := s.anotherManager(elect...)
	s.within(standby.AwaitReady)

	held, release := proxy.Hold(statusWrite("a"))
	s.vectara.SetState("job_a", "started", "")
	select {
	case <-held:
	case <-time.After(patience):
		t.Fatal("the leader has not written what it saw")
	}
	frozen.Signal(syscall.SIGSTOP)
	t.Cleanup(func() { frozen.Signal(syscall.SIGCONT) }) // A process that is stopped does not end on SIGTERM.
	s.awaitLeader(lease, holder)
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
	s.vectara.SetState("job_a", "completed", "")
	done := s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")

	// The write of the former leader arrives now, and the leader itself wakes up.
	release()
	var late int
	s.eventually("the late write is answered", func() bool {
		exchanges := proxy.Exchanges(statusWritten("a"))
		late = exchanges[len(exchanges)-1].Status
		return len(exchanges) > 1
	})
	if late != http.StatusConflict {
		t.Errorf("the late write of the former leader is answered %d, want %d", late, http.StatusConflict)
	}
	frozen.Signal(syscall.SIGCONT)
	if err := frozen.Err(); err == nil {
		t.Error("the former leader ended as if it had been told to")
	}
	if !strings.Contains(frozen.Output(), "leader election lost") {
		t.Errorf("the former leader does not say why it ended:\n%s", frozen.Output())
	}
	if got := s.get("a"); got.ResourceVersion != done.ResourceVersion {
		t.Errorf("a finished job was written once more: %+v", got.Status)
	}
}

// TestLeaderThatCannotRenewItsLeaseEnds has a leader get nothing but errors from the API server for longer than it may go without
// renewing its lease. In a cluster, its container is restarted then.
func TestLeaderThatCannotRenewItsLeaseEnds(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	elect := []string{"--leader-elect=true", "--leader-election-id=lease-" + s.namespace}
	proxy := s.proxy()
	leader := s.anotherManager(append(elect, "--kubeconfig="+proxy.Kubeconfig)...)
	s.job("job_a", "started")
	s.create("a", "job_a", pollEvery(time.Second))
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")

	proxy.Refuse(http.StatusServiceUnavailable, func(*http.Request) bool { return true })
	before := s.vectara.Count(simulator.OpGetJob, "job_a")
	s.vectara.SetState("job_a", "completed", "")
	select {
	case <-leader.Done():
	case <-time.After(patience):
		t.Fatal("the leader goes on without its lease")
	}
	if err := leader.Err(); err == nil || !strings.Contains(leader.Output(), "leader election lost") {
		t.Errorf("the leader does not say why it ended (%v):\n%s", err, leader.Output())
	}
	// One poll may have been under way already. The other brought the end of the job, which could not be written.
	if got := s.vectara.Count(simulator.OpGetJob, "job_a") - before; got < 1 || got > 2 {
		t.Errorf("%d calls for a job that ended, while its status could not be written", got)
	}
	s.anotherManager(elect...)
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}
