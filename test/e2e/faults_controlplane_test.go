// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

var etcdPauses = flag.String("etcd-pauses", "5s,15s", "for how `long` etcd is paused, one after the other, with commas between them")

const managerRole = "vectara-job-operator-manager-role"

// brokenScene is a scene on a control plane of its own, which the test may break.
func brokenScene(t *testing.T, flags ...string) (*scene, *measured) {
	t.Helper()
	t.Parallel()
	own, err := harness.StartControlPlane("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Stop(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	if err := own.Install(ctx); err != nil {
		t.Fatal(err)
	}
	anyone, err := client.NewWithWatch(own.Config, client.Options{Scheme: admin.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	s := sceneOn(t, own, anyone, simulator.Options{}, flags...)
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	manager := s.measuredManager()
	s.manager = manager.Manager
	return s, manager
}

// controlPlaneFault is something that keeps Kubernetes from answering, and ends.
type controlPlaneFault struct {
	name string
	run  func(meanwhile func())
}

// TestEtcdThatStandsStillAndAnAPIServerThatRestarts has jobs end while nothing can be written.
func TestEtcdThatStandsStillAndAnAPIServerThatRestarts(t *testing.T) {
	s, manager := brokenScene(t)
	var faults []controlPlaneFault
	for text := range strings.SplitSeq(*etcdPauses, ",") {
		pause, err := time.ParseDuration(text)
		s.must(err)
		faults = append(faults, controlPlaneFault{"etcd-" + text, func(meanwhile func()) {
			resume, err := s.cluster.PauseEtcd(s.ctx)
			s.must(err)
			paused := time.After(pause)
			meanwhile()
			<-paused
			s.must(resume())
		}})
	}
	faults = append(faults, controlPlaneFault{"restart", func(meanwhile func()) {
		start, err := s.cluster.KillAPIServer(s.ctx)
		s.must(err)
		meanwhile()
		s.within(start)
	}})
	for _, fault := range faults {
		running, ends, fresh := fault.name+"-runs", fault.name+"-ends", fault.name+"-new"
		for _, name := range []string{running, ends} {
			s.job("job_"+name, "started")
			s.create(name, "job_"+name)
			s.awaitReason(name, v1alpha1.ConditionReady, "JobStarted")
		}
		began := time.Now()
		calls := s.vectara.Count(simulator.OpGetJob, "job_"+running)
		fault.run(func() { s.vectara.SetState("job_"+ends, "completed", "") })
		over := time.Now()
		s.job("job_"+fresh, "started")
		s.eventually("the API server writes again", func() bool {
			err := s.admin.Create(s.ctx, s.object(fresh, "job_"+fresh))
			return err == nil || client.IgnoreAlreadyExists(err) == nil
		})
		s.awaitReason(fresh, v1alpha1.ConditionReady, "JobStarted")
		s.awaitReason(ends, v1alpha1.ConditionReady, "JobCompleted")
		t.Logf("%s: all is well %v after its end", fault.name, time.Since(over).Round(time.Millisecond))
		// It is polled every one to two seconds, whether or not Kubernetes is there.
		if got, limit := s.vectara.Count(simulator.OpGetJob, "job_"+running)-calls, int(time.Since(began)/time.Second)*3/2+3; got > limit {
			t.Errorf("%s: %d calls in %v for one job", fault.name, got, time.Since(began))
		}
		manager.await("unwritten_objects", exactly(map[string]float64{}))
		manager.await("watch_failing_seconds", exactly(map[string]float64{}))
		s.within(s.manager.AwaitReady)
		if got := s.get(running); got.Status.State != "started" || reasonOf(got, v1alpha1.ConditionSynced) != v1alpha1.ReasonSynced {
			t.Errorf("%s: the job that went on is shown as %+v", fault.name, got.Status)
		}
		s.must(s.admin.Delete(s.ctx, s.get(running)))
		s.must(s.admin.Delete(s.ctx, s.get(fresh)))
	}
	s.must(s.manager.Probe(s.ctx, "/healthz")) // It is still the same process.
}

// TestPermissionsAndCRDsThatComeBack takes away from a running manager what it needs, and gives it back.
func TestPermissionsAndCRDsThatComeBack(t *testing.T) {
	s, manager := brokenScene(t)
	s.job("job_a", "started")
	s.create("a", "job_a")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")

	// Without permission to write.
	began := time.Now()
	writes := s.withoutRule(func(rule rbacv1.PolicyRule) bool { return slices.Contains(rule.Resources, "vectarajobs/status") })
	s.vectara.SetState("job_a", "failed_will_retry", "")
	manager.await("unwritten_objects", exactly(map[string]float64{"": 1}))
	s.eventually("readiness tells", func() bool { return strings.Contains(s.probed("/readyz/writes"), "forbids the manager to write") })
	s.awaitEvent("a", "WriteRefused")
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v to be told of the lost permission", took)
	}
	writes()
	s.awaitReason("a", v1alpha1.ConditionReady, "JobRetrying")
	s.awaitEvent("a", "WriteSucceeded")
	s.within(s.manager.AwaitReady)

	// Without permission to watch: open watches outlive it, until the API server restarts.
	secrets := s.withoutRule(func(rule rbacv1.PolicyRule) bool { return slices.Contains(rule.Resources, "secrets") })
	start, err := s.cluster.KillAPIServer(s.ctx)
	s.must(err)
	s.within(start)
	s.eventually("readiness tells", func() bool { return strings.Contains(s.probed("/readyz/watches"), "cannot watch secrets (last: 403") })
	s.vectara.SetState("job_a", "started", "")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted") // What it knew before is still polled and written.
	secrets()
	s.within(s.manager.AwaitReady)

	// Without the CRD, and with it all VectaraJobs gone.
	s.deleteCRD()
	calls := s.vectara.Count(simulator.OpGetJob, "job_a")
	s.eventually("readiness tells", func() bool {
		return strings.Contains(s.probed("/readyz/watches"), "cannot watch vectarajobs (last: 404")
	})
	if got := s.vectara.Count(simulator.OpGetJob, "job_a") - calls; got > 2 {
		t.Errorf("%d calls for a job whose object went with its CRD", got)
	}
	s.within(s.cluster.Install)
	s.job("job_b", "started")
	s.eventually("the API server takes VectaraJobs again", func() bool {
		err := s.admin.Create(s.ctx, s.object("b", "job_b"))
		return err == nil || client.IgnoreAlreadyExists(err) == nil
	})
	s.awaitReason("b", v1alpha1.ConditionReady, "JobStarted")
	s.within(s.manager.AwaitReady)
	manager.await("unwritten_objects", exactly(map[string]float64{}))
}

// withoutRule takes rules from the operator's ClusterRole until they are given back.
func (s *scene) withoutRule(gone func(rbacv1.PolicyRule) bool) (giveBack func()) {
	s.t.Helper()
	var role rbacv1.ClusterRole
	s.must(s.admin.Get(s.ctx, client.ObjectKey{Name: managerRole}, &role))
	all := role.DeepCopy().Rules
	role.Rules = nil
	for _, rule := range all {
		if !gone(rule) {
			role.Rules = append(role.Rules, rule)
		}
	}
	if len(role.Rules) == len(all) {
		s.t.Fatal("the ClusterRole has no such rule")
	}
	s.must(s.admin.Update(s.ctx, &role))
	return func() {
		s.t.Helper()
		role.Rules = all
		s.must(s.admin.Update(s.ctx, &role))
	}
}

// deleteCRD deletes the CRD of VectaraJobs, and them with it.
func (s *scene) deleteCRD() {
	s.t.Helper()
	_, err := s.cluster.Kubectl(s.ctx, "delete", "crd", "vectarajobs.jobs.vectara.io", "--timeout=60s")
	s.must(err)
}

// probed is what one of the health endpoints answers.
func (s *scene) probed(path string) string {
	s.t.Helper()
	response, err := http.Get(s.manager.Probes + path) //nolint:forbidigo // The peer is our own.
	if err != nil {
		return fmt.Sprint(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	s.must(err)
	return string(body)
}
