// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	// patience is for how long a test may take, on a machine that is busy with others.
	patience = 5 * time.Minute
	apiKey   = "zqt_not-a-real-key_58d0be"
	// jobs is the namespace of the VectaraJobs.
	jobs = "search"
	// manager is the name of the Deployment.
	manager = "vectara-job-operator-controller-manager"
)

// scene is a control plane of its own, and a Vectara.
type scene struct {
	*harness.ControlPlane

	t       *testing.T
	ctx     context.Context
	vectara *simulator.Server
}

func newScene(t *testing.T) *scene {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := &scene{t: t, ctx: ctx}
	var err error
	s.vectara, err = simulator.Start(simulator.Options{})
	must(t, err)
	t.Cleanup(s.vectara.Close)
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.ControlPlane, err = harness.StartControlPlane("")
	must(t, err)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	must(t, s.StartControllerManager())
	s.kubectl("create", "namespace", jobs)
	s.kubectl("create", "secret", "generic", "vectara-credentials", "-n", jobs,
		"--type=jobs.vectara.io/credentials", "--from-literal=api-key="+apiKey)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func repository(t *testing.T) string {
	t.Helper()
	top, err := harness.Repository()
	must(t, err)
	return top
}

// kubectl runs kubectl as the administrator.
func (s *scene) kubectl(arguments ...string) string {
	s.t.Helper()
	out, err := s.Kubectl(s.ctx, arguments...)
	must(s.t, err)
	return strings.TrimSpace(out)
}

// make runs a target of the Makefile against the control plane, with nobody to answer a question, and returns what it printed.
func (s *scene) make(arguments ...string) (string, error) {
	s.t.Helper()
	kubectl := s.KubectlCommand(s.ctx)
	command := exec.CommandContext(s.ctx, "make", append(arguments, "KUBECTL="+kubectl.Path)...)
	// The tests themselves may be run by make, whose variables are not for this one.
	command.Dir, command.Env = repository(s.t), append(kubectl.Env, "MAKEFLAGS=", "MAKELEVEL=")
	out, err := command.CombinedOutput()
	return string(out), err
}

func (s *scene) mustMake(arguments ...string) string {
	s.t.Helper()
	out, err := s.make(arguments...)
	if err != nil {
		s.t.Fatalf("make %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return out
}

// awaitCRDs waits until VectaraJobs can be created.
func (s *scene) awaitCRDs() {
	s.t.Helper()
	s.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "vectarajobs.jobs.vectara.io", "vectarajobdiscoveries.jobs.vectara.io")
}

// job creates a VectaraJob whose job has ended well.
func (s *scene) job(name string, labels ...string) {
	s.t.Helper()
	id := "job_" + name
	s.vectara.AddJob(simulator.Job{ID: id, Type: "replace_filter_attributes", Steps: []simulator.Step{{State: "completed"}}})
	must(s.t, s.Apply(s.ctx, []byte("{apiVersion: jobs.vectara.io/v1alpha1, kind: VectaraJob, metadata: {name: "+name+", namespace: "+jobs+
		", labels: {"+strings.Join(labels, ", ")+"}}, spec: {jobID: "+id+"}}")))
}

// objects are the VectaraJobs and VectaraJobDiscoveries of all namespaces, by what tells whether one is the same as before.
func (s *scene) objects() string {
	s.t.Helper()
	return s.kubectl("get", "vectarajobs,vectarajobdiscoveries", "--all-namespaces",
		"--output=jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.uid} {.metadata.resourceVersion}{\"\\n\"}{end}")
}

// operator is what of the operator is in the cluster, but for the CRDs and the namespace.
func (s *scene) operator() string {
	s.t.Helper()
	return s.kubectl("get", "deployments,services,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings",
		"--all-namespaces", "--selector=app.kubernetes.io/name=vectara-job-operator", "--output=name")
}

// start runs the manager of a Deployment, with its arguments and as its service account, and waits until it is ready.
func (s *scene) start(namespace, deployment string) *harness.Manager {
	s.t.Helper()
	get := func(path string) string {
		return s.kubectl("get", "deployment", deployment, "-n", namespace, "--output=jsonpath="+path)
	}
	flags := append(strings.Fields(get(`{range .spec.template.spec.containers[0].args[*]}{@}{"\n"}{end}`)),
		"--endpoint="+s.vectara.URL(), "--token-url="+s.vectara.TokenURL(), "--allow-insecure-endpoints")
	m, err := s.StartManagerAs(s.ctx, binary, namespace, get("{.spec.template.spec.serviceAccountName}"), flags...)
	must(s.t, err)
	s.t.Cleanup(func() {
		m.Stop()
		if s.t.Failed() {
			s.t.Logf("the manager's log, started with %q:\n%s", flags, m.Output())
		}
	})
	must(s.t, m.AwaitReady(s.ctx))
	return m
}

// ready waits until a VectaraJob is ready.
func (s *scene) ready(name string) {
	s.t.Helper()
	s.kubectl("wait", "-n", jobs, "--for=condition=Ready", "--timeout=60s", "vectarajob/"+name)
}

// mayListSecrets asks the API server whether the operator may list the Secrets of a namespace.
func (s *scene) mayListSecrets(namespace string) bool {
	s.t.Helper()
	// It fails where the answer is no.
	out, err := s.Kubectl(s.ctx, "auth", "can-i", "list", "secrets", "-n", namespace, "--as="+harness.OperatorUser)
	switch answer := strings.TrimSpace(out); {
	case answer == "yes" && err == nil:
		return true
	case answer == "no":
		return false
	default:
		s.t.Fatalf("the answer is %q (%v)", out, err)
		return false
	}
}

// binary is the manager's.
var binary string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	folder, err := os.MkdirTemp("", "install-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	if binary, err = harness.BuildManager(context.Background(), folder); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// kustomize is the pinned command.
func kustomize(t *testing.T) string { return filepath.Join(repository(t), "bin", "tools", "kustomize") }
