// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const image = "registry.example.com/vectara-job-operator:v1"

// populate creates two VectaraJobs, a VectaraJobDiscovery, and what others put into the operator's namespace.
func (s *scene) populate() {
	s.t.Helper()
	s.awaitCRDs()
	s.job("a")
	s.job("b")
	s.kubectl("apply", "-n", jobs, "-f", "config/samples/vectarajobdiscovery.yaml")
}

// expectOrder fails unless all texts are in the output, in this order.
func expectOrder(t *testing.T, output string, texts ...string) {
	t.Helper()
	rest := output
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("%q is not there, or not in its place:\n%s", text, output)
		}
		rest = after
	}
}

func TestUndeployKeepsWhatIsNotTheOperators(t *testing.T) {
	s := newScene(t)
	s.mustMake("deploy", "IMG="+image)
	s.populate()
	limits := []string{"configmap", "vectara-job-limits", "-n", "vectara-job-operator-system"}
	s.kubectl(append([]string{"create"}, limits...)...)
	before, installed := s.objects(), s.operator()
	if strings.Count(before, "\n") != 2 || strings.Count(installed, "\n") < 8 {
		t.Fatalf("There are the objects %s\nand of the operator %s", before, installed)
	}
	names := strings.Split(installed, "\n")

	// It says what it would do, and does not.
	said := s.mustMake("undeploy", "DRY_RUN=1")
	for _, name := range names {
		expectOrder(t, said, "this is deleted:\n", "  "+name+"\n", "this stays:\n")
	}
	if after := s.operator(); after != installed {
		t.Errorf("After a dry run, there are %s", after)
	}

	said = s.mustMake("undeploy")
	expectOrder(t, said,
		"undeploy: in the cluster at https://127.0.0.1:", "this is deleted:\n",
		"  deployment.apps/vectara-job-operator-controller-manager\n",
		"this stays:\n", "  namespace/vectara-job-operator-system, with whatever else is in it\n",
		"this stays, unless CRDS=delete:\n", "/vectarajobdiscoveries.jobs.vectara.io, with 1 object\n", "/vectarajobs.jobs.vectara.io, with 2 objects\n",
		"deployment.apps \"vectara-job-operator-controller-manager\" deleted")
	if after := s.objects(); after != before {
		t.Errorf("The objects are %s\nand were %s", after, before)
	}
	if left := s.operator(); left != "" {
		t.Errorf("There are still %s", left)
	}
	s.kubectl(append([]string{"get"}, limits...)...)

	expectOrder(t, s.mustMake("undeploy"), "this is deleted:\n  nothing: it is not there\n")

	said = s.mustMake("undeploy", "CRDS=delete")
	expectOrder(t, said, "this is deleted:\n", "/vectarajobs.jobs.vectara.io, with 2 objects\n", "this stays:\n", " deleted")
	if strings.Contains(said, "unless CRDS=delete") {
		t.Errorf("It says that the CRDs stay:\n%s", said)
	}
	s.expectNoCRDs()
	s.kubectl(append([]string{"get"}, limits...)...)
}

func TestUndeployWithCRDsDeletesAllAtOnce(t *testing.T) {
	s := newScene(t)
	s.mustMake("deploy", "IMG="+image)
	s.populate()
	expectOrder(t, s.mustMake("undeploy", "CRDS=delete"), "this is deleted:\n",
		"  deployment.apps/", "/vectarajobs.jobs.vectara.io, with 2 objects\n", "deployment.apps \"", "\" deleted", "vectarajobs.jobs.vectara.io\" deleted")
	if left := s.operator(); left != "" {
		t.Errorf("There are still %s", left)
	}
	s.expectNoCRDs()
}

func TestUninstallSaysWhatGoes(t *testing.T) {
	s := newScene(t)
	s.mustMake("install")
	s.populate()
	before := s.objects()
	expectOrder(t, s.mustMake("uninstall", "DRY_RUN=1"), "this is deleted:\n", "/vectarajobs.jobs.vectara.io, with 2 objects\n", "nothing was deleted")
	if after := s.objects(); after != before {
		t.Errorf("After a dry run, the objects are %s\nand were %s", after, before)
	}
	expectOrder(t, s.mustMake("uninstall"), "this is deleted:\n", "/vectarajobs.jobs.vectara.io, with 2 objects\n", "\" deleted")
	s.expectNoCRDs()
	expectOrder(t, s.mustMake("uninstall"), "nothing: it is not there\n")
}

func (s *scene) expectNoCRDs() {
	s.t.Helper()
	if left := s.kubectl("get", "crds", "--output=name"); left != "" {
		s.t.Errorf("There are still %s", left)
	}
}

// TestNothingIsDeletedByMistake: a wrong answer, or no cluster, ends in an error before anything is deleted.
func TestNothingIsDeletedByMistake(t *testing.T) {
	s := newScene(t)
	s.mustMake("install")
	s.populate()
	before := s.objects()
	if out, err := s.make("undeploy", "CRDS=yes"); err == nil || !strings.Contains(out, "CRDS: expected keep or delete, got yes") {
		t.Errorf("It ends with %v:\n%s", err, out)
	}
	nowhere := filepath.Join(t.TempDir(), "kubeconfig")
	kubeconfig, err := os.ReadFile(s.Kubeconfig)
	must(t, err)
	must(t, os.WriteFile(nowhere, regexp.MustCompile(`server: .*`).ReplaceAll(kubeconfig, []byte("server: https://127.0.0.1:1")), 0o600))
	for _, target := range []string{"undeploy", "uninstall"} {
		if out, err := s.make(target, "KUBECONFIG="+nowhere); err == nil || strings.Contains(out, "this is deleted") {
			t.Errorf("Without a cluster, %s ends with %v:\n%s", target, err, out)
		}
	}
	if after := s.objects(); after != before {
		t.Errorf("The objects are %s\nand were %s", after, before)
	}
}
