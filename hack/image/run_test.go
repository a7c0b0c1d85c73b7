// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const manifests = `
apiVersion: v1
kind: Secret
metadata: {name: vectara-credentials, namespace: default}
type: jobs.vectara.io/credentials
stringData: {api-key: zut_0123456789}
---
apiVersion: jobs.vectara.io/v1alpha1
kind: VectaraJob
metadata: {name: reindex, namespace: default}
spec: {jobID: job_reindex}
`

// TestRun runs the image as a node would, as far as that goes without a node, against a real API server.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cluster, err := harness.StartControlPlane("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := cluster.Install(ctx); err != nil {
		t.Fatal(err)
	}
	vectara, err := simulator.Start(simulator.Options{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(vectara.Close)
	vectara.AddAPIKey("zut_0123456789", simulator.Access{})
	vectara.AddJob(simulator.Job{ID: "job_reindex", Steps: []simulator.Step{{State: "completed"}}})
	if err := cluster.Apply(ctx, []byte(manifests)); err != nil {
		t.Fatal(err)
	}

	shipped := layoutImages(t)["linux/"+runtime.GOARCH]
	pod := startManager(ctx, t, cluster, vectara, shipped)
	await(ctx, t, cluster, pod, "jsonpath={.status.conditions[?(@.type=='Synced')].reason}=APIUnavailable")
	message, err := cluster.Kubectl(ctx, "get", "vectarajob", "reindex", "-o", "jsonpath={.status.conditions[?(@.type=='Synced')].message}")
	if err != nil || !strings.Contains(message, "unknown authority") {
		t.Errorf("with Mozilla's roots alone, the message about a Vectara of our own is %q (%v)", message, err)
	}
	expectConfined(t, pod)
	expectVersion(t, cluster, pod)
	pod.Stop()
	if err := pod.Err(); err != nil {
		t.Errorf("after SIGTERM the manager ended with %v:\n%s", err, pod.Output())
	}

	// The same, with roots in the image that know this Vectara: those are the ones that count.
	pod = startManager(ctx, t, cluster, vectara, withRoots(t, vectara.CAPEM()))
	await(ctx, t, cluster, pod, "condition=Ready")
	for _, request := range vectara.Requests(simulator.ForJob("job_reindex")) {
		if got := request.Header.Get("User-Agent"); got != "vectara-job-operator/"+version {
			t.Errorf("Vectara was told that the manager is %q", got)
		}
	}
}

func await(ctx context.Context, t *testing.T, cluster *harness.ControlPlane, pod *harness.Process, condition string) {
	t.Helper()
	if _, err := cluster.Kubectl(ctx, "wait", "--for="+condition, "--timeout=60s", "vectarajob/reindex"); err != nil {
		t.Fatalf("%v\n%s", err, pod.Output())
	}
}

// withRoots is the image with other CA certificates.
func withRoots(t *testing.T, roots []byte) v1.Image {
	t.Helper()
	platform := "linux/" + runtime.GOARCH
	folder := filepath.Join(built.output, platform)
	p, err := pack(contents{
		version: version, revision: built.revision, created: time.Unix(0, 0), roots: roots,
		managers: []manager{{platform, filepath.Join(folder, "manager"), filepath.Join(folder, "manager.cdx.json")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.images[0].image
}

// startManager starts an image with what Kubernetes gives a pod of the operator: the service account's files, and the address of
// the API server.
func startManager(ctx context.Context, t *testing.T, cluster *harness.ControlPlane, vectara *simulator.Server, image v1.Image) *harness.Process {
	t.Helper()
	root := unpack(t, image)
	kubeconfig, err := cluster.OperatorKubeconfig(ctx)
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "var", "run", "secrets", "kubernetes.io", "serviceaccount")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	here := config.Contexts[config.CurrentContext]
	for name, content := range map[string]string{
		"token": config.AuthInfos[here.AuthInfo].Token, "namespace": harness.OperatorNamespace,
		"ca.crt": string(config.Clusters[here.Cluster].CertificateAuthorityData),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	server, err := url.Parse(cluster.Config.Host)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(server.Host)
	if err != nil {
		t.Fatal(err)
	}
	flags := []string{"--endpoint=" + vectara.URL(), "--token-url=" + vectara.TokenURL()}
	for _, flag := range []string{"--metrics-bind-address=", "--health-probe-bind-address="} {
		address, err := harness.FreeAddress(ctx)
		if err != nil {
			t.Fatal(err)
		}
		flags = append(flags, flag+address)
	}
	return startPod(t, root, []string{"KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port}, flags...)
}

// expectVersion checks that the manager tells its version wherever somebody may look for it.
func expectVersion(t *testing.T, cluster *harness.ControlPlane, pod *harness.Process) {
	t.Helper()
	started := false
	for line := range strings.Lines(pod.Output()) {
		var entry struct{ Msg, Version string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "Starting" {
			started = true
			if entry.Version != version {
				t.Errorf("the log says that the version is %q", entry.Version)
			}
		}
	}
	if !started {
		t.Errorf("the log does not say which version starts:\n%s", pod.Output())
	}
	// controller-runtime names the client of leader election itself.
	requests, err := cluster.OperatorRequests(func(e auditv1.Event) bool {
		return e.UserAgent != "vectara-job-operator/"+version && !strings.HasSuffix(e.UserAgent, "/leader-election")
	})
	if err != nil || len(requests) > 0 {
		t.Errorf("the API server got %d requests of somebody else (%v), the first: %+v", len(requests), err, requests[:min(1, len(requests))])
	}
	all, err := cluster.OperatorRequests()
	if err != nil || len(all) == 0 {
		t.Errorf("the API server got no requests (%v)", err)
	}
	printed, err := command(built.repository, filepath.Join(built.output, "linux", runtime.GOARCH, "manager"), "--version")
	if want := fmt.Sprintf("manager %s (%s, linux/%s)", version, runtime.Version(), runtime.GOARCH); err != nil || printed != want {
		t.Errorf("--version prints %q (%v), want %q", printed, err, want)
	}
}
