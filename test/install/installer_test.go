// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const pinned = "registry.example.com:5000/vectara-job-operator@sha256:1f5e0d2c3b4a59687786958493a2b1c0d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f"

// buildInstaller writes install.yaml as "make build-installer" does, into a folder of its own, and returns its name.
func buildInstaller(t *testing.T, arguments ...string) string {
	t.Helper()
	output := filepath.Join(t.TempDir(), "install.yaml")
	command := exec.CommandContext(t.Context(), "go", append([]string{
		"run", "./hack/installer", "--version=v1.2.3", "--kustomize=" + kustomize(t), "--output=" + output,
	}, arguments...)...)
	command.Dir = repository(t)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return output
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	must(t, err)
	return string(content)
}

func TestInstallerIsTheSameEachTime(t *testing.T) {
	one, another := buildInstaller(t, "--pinned="+pinned), buildInstaller(t, "--pinned="+pinned)
	if read(t, one) != read(t, another) {
		t.Error("Two builds differ")
	}
	withTag := strings.Replace(pinned, "@", ":v1@", 1)
	for _, image := range []string{pinned, withTag} {
		content := read(t, buildInstaller(t, "--pinned="+image))
		if images := regexp.MustCompile(`(?m)^ +(?:- )?image: .*$`).FindAllString(content, -1); len(images) != 1 || !strings.HasSuffix(images[0], " "+image) {
			t.Errorf("The images are %q, want %s", images, image)
		}
		if !strings.Contains(content, "v1.2.3") {
			t.Error("The file does not say which version it is")
		}
	}
}

// TestInstallerInstallsAndIsRemoved follows the lines above the manifests to the letter.
func TestInstallerInstallsAndIsRemoved(t *testing.T) {
	s := newScene(t)
	file := buildInstaller(t, "--pinned="+pinned)
	install, remove := documented(t, read(t, file))
	run := func(command string) {
		t.Helper()
		arguments := strings.Fields(strings.ReplaceAll(command, "install.yaml", file))
		s.kubectl(arguments[1:]...)
	}
	run(install)
	s.awaitCRDs()
	if got := s.kubectl("get", "deployment", manager, "-n", harness.OperatorNamespace, "--output=jsonpath={.spec.template.spec.containers[*].image}"); got != pinned {
		t.Errorf("The image is %s", got)
	}
	s.job("first")
	m := s.start(harness.OperatorNamespace, manager)
	s.ready("first")
	m.Stop()
	run(install) // It can be applied again.

	before := s.objects()
	for _, command := range remove {
		run(command)
	}
	if left := s.operator(); left != "" {
		t.Errorf("There are still %s", left)
	}
	if after := s.objects(); after != before {
		t.Errorf("The objects are %s\nand were %s", after, before)
	}
}

// documented are the commands above the manifests: the one to install, and those to remove.
func documented(t *testing.T, content string) (install string, remove []string) {
	t.Helper()
	head, _, _ := strings.Cut(content, "\n---\n")
	for line := range strings.Lines(head) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "#   "); ok {
			if install == "" {
				install = command
			} else {
				remove = append(remove, command)
			}
		}
	}
	if !strings.HasPrefix(install, "kubectl apply ") || len(remove) != 2 {
		t.Fatalf("The commands are %q and %q", install, remove)
	}
	return install, remove
}
