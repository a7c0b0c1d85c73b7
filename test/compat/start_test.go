// SPDX-License-Identifier: Apache-2.0

package compat

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// patience is for how long one version may take.
const patience = 4 * time.Minute

// compat is a control plane of some version, and a Vectara.
type compat struct {
	t       *testing.T
	ctx     context.Context
	cluster *harness.ControlPlane
	vectara *simulator.Server
	binary  string
}

// versions are those of which there is a folder in hack/kubernetes, but for the one that is too old.
func versions(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob("../../hack/kubernetes/v*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("there are no versions in hack/kubernetes (%v)", err)
	}
	var names []string
	for _, folder := range folders {
		if name := filepath.Base(folder); name != tooOld {
			names = append(names, name)
		}
	}
	return names
}

// start starts a control plane with the API server of a version.
func start(t *testing.T, version string) *compat {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	c := &compat{t: t, ctx: ctx}
	t.Setenv("KUBEBUILDER_ASSETS", assets(t, version))
	var err error
	c.binary, err = harness.BuildManager(ctx, t.TempDir())
	c.must(err)
	c.cluster, err = harness.StartControlPlane("")
	c.must(err)
	t.Cleanup(func() {
		if err := c.cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	c.vectara, err = simulator.Start(simulator.Options{})
	c.must(err)
	t.Cleanup(c.vectara.Close)
	c.vectara.AddAPIKey("a-key-for-tests", simulator.Access{})
	return c
}

// assets makes a folder with the API server of a version, and everything else from the control plane that tests usually have.
func assets(t *testing.T, version string) string {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	server := filepath.Join(repository, "bin", "kubernetes", version, "kube-apiserver")
	if _, err := os.Stat(server); err != nil {
		t.Fatalf("there is no kube-apiserver %s: run 'make test-compat', which builds it (%v)", version, err)
	}
	usual := os.Getenv("KUBEBUILDER_ASSETS")
	if usual == "" {
		usual = filepath.Join(repository, "bin", "controlplane")
	}
	folder := t.TempDir()
	links := map[string]string{"kube-apiserver": server}
	for _, name := range []string{"etcd", "kube-controller-manager", "kubectl"} {
		links[name] = filepath.Join(usual, name)
	}
	for name, path := range links {
		if err := os.Symlink(path, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func (c *compat) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// manager starts the manager, which is stopped at the end of the test.
func (c *compat) manager() *harness.Manager {
	c.t.Helper()
	manager, err := c.cluster.StartManager(c.ctx, c.binary, "--endpoint="+c.vectara.URL(), "--token-url="+c.vectara.TokenURL(),
		"--allow-insecure-endpoints", "--poll-min=1s", "--poll-max=2s")
	c.must(err)
	c.t.Cleanup(func() {
		manager.Stop()
		if c.t.Failed() {
			c.t.Logf("the manager's log:\n%s", manager.Output())
		}
	})
	return manager
}

// run runs kubectl with something to read, and returns all that it wrote.
func (c *compat) run(input string, arguments ...string) (string, error) {
	command := c.cluster.KubectlCommand(c.ctx, arguments...)
	command.Stdin = strings.NewReader(input)
	out, err := command.CombinedOutput()
	return string(out), err
}

// kubectl does the same, and must succeed.
func (c *compat) kubectl(input string, arguments ...string) string {
	c.t.Helper()
	out, err := c.run(input, arguments...)
	if err != nil {
		c.t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return out
}

// await waits until a field of an object has a value.
func (c *compat) await(object, path, value string) {
	c.t.Helper()
	c.kubectl("", "wait", "-n", "search", "--for=jsonpath="+path+"="+value, "--timeout=60s", object)
}

func (c *compat) serverVersion() string {
	c.t.Helper()
	out, err := c.cluster.Kubectl(c.ctx, "get", "--raw", "/version")
	c.must(err)
	var info struct{ GitVersion string }
	c.must(json.Unmarshal([]byte(out), &info))
	return info.GitVersion
}
