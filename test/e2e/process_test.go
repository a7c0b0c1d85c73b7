// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// manifest is what a user would write.
const manifest = `
apiVersion: v1
kind: Secret
metadata: {name: vectara-credentials}
type: jobs.vectara.io/credentials
stringData: {api-key: %q}
---
apiVersion: jobs.vectara.io/v1alpha1
kind: VectaraJob
metadata: {name: reindex-legal}
spec: {jobID: job_reindex}
`

// TestUserStory is the life of the operator and of a job as a user of kubectl sees it.
func TestUserStory(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.startManager()
	s.job("job_reindex", "queued")

	s.apply(fmt.Sprintf(manifest, apiKey))
	s.awaitReason("reindex-legal", v1alpha1.ConditionReady, "JobQueued")

	waiting := s.kubectlInBackground("wait", "--for=condition=Ready", "--timeout=60s", "vectarajob/reindex-legal")
	s.vectara.SetState("job_reindex", "started", "")
	s.awaitReason("reindex-legal", v1alpha1.ConditionReady, "JobStarted")

	// The manager gets a signal in the middle of a call, and ends within seconds.
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Hang: true, Times: 1})
	before := s.vectara.Count(simulator.OpGetJob, "job_reindex")
	s.awaitRequest("job_reindex", before+1)
	signalled := time.Now()
	s.manager.Signal(syscall.SIGTERM)
	if err := s.manager.Err(); err != nil {
		t.Errorf("after SIGTERM the manager ended with %v", err)
	}
	if took := time.Since(signalled); took > 5*time.Second {
		t.Errorf("after SIGTERM the manager took %v to end", took)
	}
	if log := s.manager.Output(); strings.Contains(log, `"level":"error"`) {
		t.Errorf("the manager ended with errors in its log:\n%s", log)
	}
	if got := reasonOf(s.get("reindex-legal"), v1alpha1.ConditionSynced); got != "Synced" {
		t.Errorf("the call that was cut off was written down as %s", got)
	}

	// It comes back, and is killed without a word.
	s.startManager()
	s.awaitRequest("job_reindex", s.vectara.Count(simulator.OpGetJob, "job_reindex")+1)
	s.manager.Kill()
	s.vectara.SetState("job_reindex", "completed", "")
	s.startManager()
	if err := <-waiting; err != nil {
		t.Errorf("kubectl wait: %v", err)
	}

	// With the operator down, deleting works.
	s.manager.Stop()
	s.kubectl("delete", "vectarajob", "reindex-legal", "--timeout=30s")
	s.apply(fmt.Sprintf(manifest, apiKey))
	_, err := cluster.Kubectl(s.ctx, "delete", "namespace", s.namespace, "--timeout=60s")
	s.must(err)
}

func (s *scene) apply(manifests string) {
	s.t.Helper()
	command := s.cluster.KubectlCommand(s.ctx, "apply", "-n", s.namespace, "-f", "-")
	command.Stdin = strings.NewReader(manifests)
	if out, err := command.CombinedOutput(); err != nil {
		s.t.Fatalf("kubectl apply: %v\n%s", err, out)
	}
}

func (s *scene) kubectlInBackground(arguments ...string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := cluster.Kubectl(s.ctx, append(arguments, "-n", s.namespace)...)
		done <- err
	}()
	return done
}

// awaitRequest waits until a request has reached Vectara, with a response or without.
func (s *scene) awaitRequest(jobID string, n int) {
	s.t.Helper()
	s.within(func(ctx context.Context) error {
		return s.vectara.WaitForRequests(ctx, n, simulator.ForJob(jobID))
	})
}

func TestStandbyTakesOver(t *testing.T) {
	s := newScene(t)
	s.manager.Stop()
	lease := "lease-" + s.namespace
	elect := []string{"--leader-elect=true", "--leader-election-id=" + lease}
	s.job("job_a", "started")

	leader := s.anotherManager(elect...)
	s.awaitLeader(lease, "")
	standby := s.anotherManager(elect...)
	s.within(leader.AwaitReady)
	s.within(standby.AwaitReady) // A standby is ready too: its caches are warm.
	s.create("a", "job_a")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")

	holder := s.awaitLeader(lease, "")
	leader.Stop()
	released := time.Now()
	s.awaitLeader(lease, holder)
	if took := time.Since(released); took > 5*time.Second {
		t.Errorf("the standby took %v to take over from a leader that gave up the lease", took)
	}
	s.vectara.SetState("job_a", "completed", "")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}

// awaitLeader waits until somebody other than before holds a lease.
func (s *scene) awaitLeader(lease, before string) string {
	s.t.Helper()
	holder := ""
	s.within(func(ctx context.Context) error {
		return wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
			var object coordinationv1.Lease
			err := admin.Get(ctx, client.ObjectKey{Namespace: harness.OperatorNamespace, Name: lease}, &object)
			if err == nil && object.Spec.HolderIdentity != nil {
				holder = *object.Spec.HolderIdentity
			}
			return holder != "" && holder != before, client.IgnoreNotFound(err)
		})
	})
	return holder
}

func TestShardsShareNothing(t *testing.T) {
	shard := func(name string) []string {
		return []string{"--watch-label-selector=shard=" + name, "--leader-elect=true"}
	}
	s := newScene(t, shard("a")...)
	s.anotherManager(shard("b")...)
	in := func(shard string) func(*v1alpha1.VectaraJob) {
		return func(object *v1alpha1.VectaraJob) { object.Labels = map[string]string{"shard": shard} }
	}
	for _, shard := range []string{"a", "b", "c"} {
		s.job("job_"+shard, "completed")
		s.create(shard, "job_"+shard, in(shard))
	}
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
	s.awaitReason("b", v1alpha1.ConditionReady, "JobCompleted")
	for shard, want := range map[string]int{"a": 1, "b": 1, "c": 0} {
		if got := s.vectara.Count(simulator.OpGetJob, "job_"+shard); got != want {
			t.Errorf("the job of shard %s was polled %d times, want %d", shard, got, want)
		}
	}
}

func TestManagersOfDifferentNamespacesWorkSideBySide(t *testing.T) {
	s := newScene(t, "--leader-elect=true")
	other := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	s.must(admin.Create(s.ctx, other))
	s.anotherManager("--watch-namespaces=" + other.Name)

	s.job("job_here", "completed")
	s.create("here", "job_here")
	s.awaitReason("here", v1alpha1.ConditionReady, "JobCompleted")
	s.namespace = other.Name
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.job("job_there", "completed")
	s.create("there", "job_there")
	s.awaitReason("there", v1alpha1.ConditionReady, "JobCompleted")
}

func TestManagerIsNotReadyUntilTheCRDIsThere(t *testing.T) {
	t.Parallel()
	bare, err := harness.StartControlPlane("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bare.Stop(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	if err := bare.Install(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := bare.Kubectl(ctx, "delete", "crd", "vectarajobs.jobs.vectara.io"); err != nil {
		t.Fatal(err)
	}
	manager, err := bare.StartManager(ctx, binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(manager.Stop)
	err = wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		return manager.Probe(ctx, "/healthz") == nil && strings.Contains(manager.Output(), "Waiting for the CRD"), nil
	})
	if err != nil {
		t.Fatalf("the manager does not say that it waits: %v\n%s", err, manager.Output())
	}
	if err := manager.Probe(ctx, "/readyz"); err == nil {
		t.Error("the manager says that it is ready without the CRD")
	}
	if err := bare.Install(ctx); err != nil {
		t.Fatal(err)
	}
	if err := manager.AwaitReady(ctx); err != nil {
		t.Error(err)
	}
}

func TestMetricsAreForThoseWhoMayReadThem(t *testing.T) {
	s := newScene(t)
	address, scrape := s.metricsManager()
	s.must(admin.Create(s.ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "prometheus"}}))
	token := strings.TrimSpace(s.kubectl("create", "token", "prometheus"))
	expect := func(token string, want int, what string) {
		t.Helper()
		got := 0
		err := wait.PollUntilContextTimeout(s.ctx, 200*time.Millisecond, patience, true, func(context.Context) (bool, error) {
			got = scrape(token)
			return got == want, nil
		})
		if err != nil {
			t.Errorf("%s the metrics return %d, want %d", what, got, want)
		}
	}
	expect("", 401, "without a token")
	expect(token, 403, "without permission")
	_, err := cluster.Kubectl(s.ctx, "create", "clusterrolebinding", "metrics-"+s.namespace,
		"--clusterrole=vectara-job-operator-metrics-reader", "--serviceaccount="+s.namespace+":prometheus")
	s.must(err)
	expect(token, 200, "with permission")

	// HTTP/2 is off, whether a client prefers it or knows nothing else.
	for want, offered := range map[string][]string{"http/1.1": {"h2", "http/1.1"}, "": {"h2"}} {
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: offered})
		got := ""
		if err == nil {
			got = connection.ConnectionState().NegotiatedProtocol
			s.must(connection.Close())
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("to a client of %q, the metrics speak %q (%v), want %q", offered, got, err, want)
		}
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	manager, err := s.launch("--poll-min=1ms", "--endpoint=ftp://x", "--burst=0")
	s.must(err)
	if manager.Err() == nil {
		t.Error("the manager accepted wrong flags")
	}
	for _, flag := range []string{"--poll-min", "--endpoint", "--burst"} {
		if !strings.Contains(manager.Output(), flag+": expected") {
			t.Errorf("the manager does not say what is wrong with %s:\n%s", flag, manager.Output())
		}
	}
}
