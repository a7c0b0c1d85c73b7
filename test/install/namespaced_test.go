// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// TestFromAllNamespacesToOne goes from config/default to config/namespaced and back. On the way, one binding has to be deleted, and
// nothing else: VectaraJobs stay as they are. After each step, the manager works with exactly what is installed.
func TestFromAllNamespacesToOne(t *testing.T) {
	s := newScene(t)
	s.kubectl("apply", "--server-side", "-k", "config/default")
	s.awaitCRDs()
	s.job("first")
	m := s.start(harness.OperatorNamespace, manager)
	s.ready("first")
	m.Stop()
	before := s.objects()

	s.kubectl("apply", "--server-side", "-k", "config/namespaced")
	if !s.mayListSecrets("default") {
		t.Error("The binding of config/default went by itself: this tests nothing")
	}
	s.kubectl("delete", "clusterrolebinding", "vectara-job-operator-manager-rolebinding")
	if s.mayListSecrets("default") || s.mayListSecrets(harness.OperatorNamespace) || !s.mayListSecrets(jobs) {
		t.Error("The operator may list other Secrets than those of the namespace that it watches")
	}
	m = s.start(harness.OperatorNamespace, manager)
	s.job("second")
	s.ready("second")
	m.Stop()
	if after := s.objects(); !strings.Contains(after, before) {
		t.Errorf("The objects are\n%s\nand were\n%s", after, before)
	}

	s.kubectl("apply", "--server-side", "-k", "config/default")
	if !s.mayListSecrets("default") {
		t.Error("Back with config/default, the operator may not list Secrets")
	}
	m = s.start(harness.OperatorNamespace, manager)
	s.job("third")
	s.ready("third")
	m.Stop()
}

// TestShards runs two shards as copies of config/shard, each with rights of its own.
func TestShards(t *testing.T) {
	s := newScene(t)
	s.kubectl("apply", "--server-side", "-k", "config/crd")
	s.awaitCRDs()
	source, err := os.ReadFile(filepath.Join(repository(t), "config", "shard", "kustomization.yaml"))
	must(t, err)
	for _, shard := range []string{"a", "b"} {
		s.kubectl("apply", "--server-side", "-k", copyOfShard(t, string(source), shard))
	}
	for _, shard := range []string{"a", "b"} {
		namespace := "vectara-job-operator-" + shard
		s.start(namespace, namespace+"-controller-manager")
		s.job("of-"+shard, "shard: "+shard)
		s.ready("of-" + shard)
		if holder := s.kubectl("get", "lease", harness.Lease, "-n", namespace, "--output=jsonpath={.spec.holderIdentity}"); holder == "" {
			t.Errorf("Nobody holds the Lease of the shard %s", shard)
		}
	}
	s.job("of-nobody", "shard: c")
	if state := s.kubectl("get", "vectarajob", "of-nobody", "-n", jobs, "--output=jsonpath={.status.observedGeneration}"); state != "-1" {
		t.Errorf("A VectaraJob of no shard is observed: %s", state)
	}
}

// copyOfShard copies config/ with config/shard as the file says to do for another shard, and returns the folder of the shard.
func copyOfShard(t *testing.T, source, shard string) string {
	t.Helper()
	var changed strings.Builder
	lines := 0
	for line := range strings.Lines(source) {
		if text, ok := strings.CutSuffix(line, " # a\n"); ok {
			lines++
			i := strings.LastIndexByte(text, 'a')
			line = text[:i] + shard + text[i+1:] + "\n"
		}
		changed.WriteString(line)
	}
	if lines != 3 {
		t.Fatalf("%d lines say what to change", lines)
	}
	top := t.TempDir()
	must(t, os.CopyFS(top, os.DirFS(filepath.Join(repository(t), "config"))))
	must(t, os.WriteFile(filepath.Join(top, "shard", "kustomization.yaml"), []byte(changed.String()), 0o600))
	return filepath.Join(top, "shard")
}
