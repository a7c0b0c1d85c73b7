// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// auditPolicy has the API server log who requests what, without bodies, for the resources that the operator has
// to do with.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
  userGroups: ["system:serviceaccounts"]
- level: None
`

// ControlPlane is an etcd and a kube-apiserver of their own.
type ControlPlane struct {
	// Config is the configuration of a client that may do anything.
	Config *rest.Config
	// Kubeconfig is a file with the same.
	Kubeconfig string

	repository string
	assets     string
	folder     string
	ownFolder  bool
	env        *envtest.Environment
	processes  []*Process
}

// StartControlPlane starts a control plane that keeps its files in a folder; an empty name means a temporary folder that
// Stop deletes.
func StartControlPlane(folder string) (*ControlPlane, error) {
	repository, err := Repository()
	if err != nil {
		return nil, err
	}
	binaries, err := assets(repository)
	if err != nil {
		return nil, err
	}
	c := &ControlPlane{repository: repository, assets: binaries, folder: folder}
	if folder == "" {
		if c.folder, err = os.MkdirTemp("", "vectara-job-operator-"); err != nil {
			return nil, err
		}
		c.ownFolder = true
	}
	c.env = &envtest.Environment{
		BinaryAssetsDirectory:    binaries,
		ControlPlaneStartTimeout: 2 * time.Minute,
		ControlPlaneStopTimeout:  time.Minute,
	}
	policy := filepath.Join(c.folder, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	c.env.ControlPlane.GetAPIServer().Configure().
		Set("audit-policy-file", policy).
		Set("audit-log-path", c.auditLog()).
		Set("audit-log-mode", "blocking-strict")
	if c.Config, err = c.env.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the control plane: %w", err), c.Stop())
	}
	// Tests and the demo are clients of their own server: nothing is gained by going easy on it.
	c.Config.QPS, c.Config.Burst = -1, -1
	c.Kubeconfig = filepath.Join(c.folder, "admin.kubeconfig")
	if err := os.WriteFile(c.Kubeconfig, c.env.KubeConfig, 0o600); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// Stop ends everything that was started, in reverse order.
func (c *ControlPlane) Stop() error {
	for i := len(c.processes) - 1; i >= 0; i-- {
		c.processes[i].Stop()
	}
	err := c.env.Stop()
	if c.ownFolder {
		err = errors.Join(err, os.RemoveAll(c.folder))
	}
	return err
}

// StartControllerManager starts what deletes the contents of namespaces that are deleted, and what their owner is gone of; and
// other controllers if they are named.
func (c *ControlPlane) StartControllerManager(others ...string) error {
	path := filepath.Join(c.assets, "kube-controller-manager")
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("kube-controller-manager is missing in %s: run 'make controlplane'", c.assets)
	}
	command := exec.Command(path, //nolint:gosec // The path is the developer's own.
		"--kubeconfig="+c.Kubeconfig,
		"--controllers="+strings.Join(append(others, "namespace-controller", "garbage-collector-controller"), ","),
		"--leader-elect=false",
		"--bind-address=127.0.0.1",
		"--secure-port=0",
	)
	process, err := StartProcess(command)
	if err != nil {
		return err
	}
	c.processes = append(c.processes, process)
	return nil
}

// Kubectl runs kubectl as the administrator and returns what it wrote to standard output. An error holds what it wrote
// to standard error.
func (c *ControlPlane) Kubectl(ctx context.Context, arguments ...string) (string, error) {
	return c.kubectl(ctx, nil, arguments...)
}

// KubectlCommand is a kubectl command that is not running yet.
func (c *ControlPlane) KubectlCommand(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(c.assets, "kubectl"), arguments...) //nolint:gosec // As above.
	command.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig)
	command.Dir = c.repository
	return command
}

func (c *ControlPlane) kubectl(ctx context.Context, input []byte, arguments ...string) (string, error) {
	command := c.KubectlCommand(ctx, arguments...)
	var out, complaint bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(input), &out, &complaint
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(complaint.String()))
	}
	return out.String(), nil
}
