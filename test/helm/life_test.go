// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const crd = "vectarajobs.jobs.vectara.io"

// TestLife takes a release through its life with each version of Helm. After each step, the manager runs with exactly what is installed,
// its rights included, and mirrors a job.
func TestLife(t *testing.T) {
	s := newScene(t)
	for _, version := range versions {
		t.Run("Helm "+version, func(t *testing.T) {
			s := *s
			s.t = t
			life(&s, version)
		})
		must(t, s.admin.DeleteAllOf(t.Context(), &v1alpha1.VectaraJob{}, client.InNamespace(namespace)))
	}
}

func life(s *scene, version string) {
	t := s.t
	h := newHelm(t, version)
	h.kubeconfig = s.Kubeconfig
	helm := func(arguments ...string) {
		t.Helper()
		_, err := h.run(t.Context(), append(arguments, "--namespace="+harness.OperatorNamespace)...)
		must(t, err)
	}

	// Install. The CRDs that a former release has kept are taken over.
	helm("install", release, chartFolder(t), "--values="+s.values(nil))
	s.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/"+crd)
	s.mirrors().Stop()
	if !s.mayListSecrets("") {
		t.Error("After the installation, the operator may not list Secrets: this tests nothing")
	}
	s.kubectl("-n", harness.OperatorNamespace, "set", "env", "deployment/"+release+"-controller-manager", "VECTARA_JOB_OPERATOR_POLL_MAX=5m")

	// Upgrade, to a chart whose CRD has changed, and to fewer rights.
	next := nextChart(t)
	helm("upgrade", release, next, "--values="+s.values(map[string]any{
		"replicas":       2,
		"watch":          map[string]any{"namespaces": []string{namespace}},
		"metrics":        map[string]any{"certificateSecret": metricsSecret},
		"serviceMonitor": map[string]any{"enabled": true},
		"alerts":         map[string]any{"enabled": true},
	}))
	if names := s.shortNames(); names != "vj vjob" {
		t.Errorf("After the upgrade, the CRD's short names are %q", names)
	}
	if s.mayListSecrets("") || s.mayListSecrets(harness.OperatorNamespace) || !s.mayListSecrets(namespace) {
		t.Error("After the upgrade, the operator may list other Secrets than those of the namespace that it watches")
	}
	if replicas := *s.deployment().Spec.Replicas; replicas != 2 {
		t.Errorf("After the upgrade, there are %d replicas", replicas)
	}
	variables := s.deployment().Spec.Template.Spec.Containers[0].Env
	if last := variables[len(variables)-1]; last.Value != "5m" {
		t.Errorf("A variable that \"kubectl set env\" added is gone: there are %v", variables)
	}
	m := s.mirrors()
	if metrics := s.scrape(m); !strings.Contains(metrics, "vectara_job_operator_jobs{") {
		t.Errorf("The metrics are %s", metrics)
	}
	m.Stop()

	// Roll back.
	helm("rollback", release, "1")
	if names := s.shortNames(); names != "vj" {
		t.Errorf("After the rollback, the CRD's short names are %q", names)
	}
	if !s.mayListSecrets("") {
		t.Error("After the rollback, the operator has not its former rights")
	}
	s.mirrors().Stop()

	// Uninstall. VectaraJobs are there as they were, and nothing else.
	before := s.statuses()
	helm("uninstall", release)
	if after := s.statuses(); after != before || strings.Count(after, "completed") != 3 {
		t.Errorf("After the removal, the VectaraJobs are %q, before it %q", after, before)
	}
	left := s.kubectl("get", "deployments,services,serviceaccounts,configmaps,roles,rolebindings,clusterroles,clusterrolebindings,servicemonitors,prometheusrules",
		"--all-namespaces", "--selector=app.kubernetes.io/instance="+release, "--output=name")
	if left != "" {
		t.Errorf("After the removal, there are still %s", left)
	}
	if s.mayListSecrets(namespace) {
		t.Error("After the removal, the operator's service account may still list Secrets")
	}
}

func (s *scene) shortNames() string {
	s.t.Helper()
	return s.kubectl("get", "crd", crd, "--output=jsonpath={.spec.names.shortNames[*]}")
}

func (s *scene) statuses() string {
	s.t.Helper()
	return s.kubectl("-n", namespace, "get", "vectarajobs", "--output=jsonpath={range .items[*]}{.metadata.uid} {.status.state}\n{end}")
}

// nextChart is the chart of a later version, in which a VectaraJob has another short name.
func nextChart(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "next")
	must(t, os.CopyFS(folder, os.DirFS(chartFolder(t))))
	change := func(old, changed string, elements ...string) {
		t.Helper()
		file := filepath.Join(append([]string{folder}, elements...)...)
		content := string(read(t, file))
		if strings.Count(content, old) != 1 {
			t.Fatalf("%s does not have %q once", file, old)
		}
		must(t, os.WriteFile(file, []byte(strings.Replace(content, old, changed, 1)), 0o600))
	}
	change("    - vj\n", "    - vj\n    - vjob\n", "files", "crds", "jobs.vectara.io_vectarajobs.yaml")
	change("\nversion: 0.1.0\n", "\nversion: 0.2.0\n", "Chart.yaml")
	return folder
}

// TestWhatKubectlInstalledIsTakenOver goes from CRDs of "make install" to a release.
func TestWhatKubectlInstalledIsTakenOver(t *testing.T) {
	s := newScene(t)
	for _, version := range versions {
		t.Run("Helm "+version, func(t *testing.T) {
			must(t, s.Apply(t.Context(), []byte(kustomize(t, "crd"))))
			h := newHelm(t, version)
			h.kubeconfig = s.Kubeconfig
			install := []string{"install", release, chartFolder(t), "--namespace=" + harness.OperatorNamespace, "--values=" + s.values(nil)}
			if _, err := h.run(t.Context(), install...); err == nil {
				t.Fatal("It takes no flag to take over what is not Helm's")
			}
			_, err := h.run(t.Context(), append(install, "--take-ownership")...)
			must(t, err)
			_, err = h.run(t.Context(), "uninstall", release, "--namespace="+harness.OperatorNamespace)
			must(t, err)
			s.kubectl("delete", "--kustomize", "config/crd")
		})
	}
}
