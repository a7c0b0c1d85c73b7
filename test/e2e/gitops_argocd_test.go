// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// argocdCM is the ConfigMap of an Argo CD that has a setting of its own.
const argocdCM = `
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd}
data: {url: "https://argocd.example.com"}
`

// checkArgocdCM wants the health checks in a ConfigMap, and what was there before.
func checkArgocdCM(t *testing.T, data map[string]string) {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	for kind := range namesInDocs {
		script, err := os.ReadFile(filepath.Join(repository, filepath.Dir(goldenFolder(kind)), "health.lua"))
		if err != nil {
			t.Fatal(err)
		}
		if data["resource.customizations.health.jobs.vectara.io_"+kind] != string(script) {
			t.Errorf("the ConfigMap has no health check for a %s: %v", kind, data)
		}
	}
	if data["url"] != "https://argocd.example.com" {
		t.Errorf("the ConfigMap has %v", data)
	}
}

func TestHealthCheckIsAddedToARunningArgoCD(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if err := admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "argocd"}}); err != nil {
		t.Fatal(err)
	}
	apply := cluster.KubectlCommand(ctx, "apply", "-f", "-")
	apply.Stdin = strings.NewReader(argocdCM)
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// As docs/gitops.md has it.
	if _, err := cluster.Kubectl(ctx, "-n", "argocd", "patch", "configmap", "argocd-cm", "--type", "merge", "--patch-file", "config/argocd/argocd-cm.yaml"); err != nil {
		t.Fatal(err)
	}
	var found corev1.ConfigMap
	if err := admin.Get(ctx, client.ObjectKey{Namespace: "argocd", Name: "argocd-cm"}, &found); err != nil {
		t.Fatal(err)
	}
	checkArgocdCM(t, found.Data)
}

func TestHealthCheckIsAComponentOfArgoCD(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	component, err := filepath.Rel(folder, filepath.Join(repository, "config", "argocd"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"argocd-cm.yaml":     argocdCM,
		"kustomization.yaml": "resources: [argocd-cm.yaml]\ncomponents: [" + component + "]\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rendered, err := cluster.Kubectl(t.Context(), "kustomize", folder)
	if err != nil {
		t.Fatal(err)
	}
	var found corev1.ConfigMap
	if err := yaml.Unmarshal([]byte(rendered), &found); err != nil {
		t.Fatal(err)
	}
	checkArgocdCM(t, found.Data)
}
