// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// restartPoll is how often a restarted API server is asked whether it is ready.
const restartPoll = 100 * time.Millisecond

// PauseEtcd stops etcd from running until resume is called, so that the API server waits for it.
func (c *ControlPlane) PauseEtcd(ctx context.Context) (resume func() error, err error) {
	pid, _, err := c.find(ctx, "etcd")
	if err != nil {
		return nil, err
	}
	return func() error { return syscall.Kill(pid, syscall.SIGCONT) }, syscall.Kill(pid, syscall.SIGSTOP)
}

// KillAPIServer kills kube-apiserver. The function that it returns starts it again, and returns when it is ready.
func (c *ControlPlane) KillAPIServer(ctx context.Context) (start func(context.Context) error, err error) {
	pid, arguments, err := c.find(ctx, "kube-apiserver")
	if err != nil {
		return nil, err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return nil, err
	}
	// It keeps its port for as long as it takes to die, and another one could not listen there.
	err = wait.PollUntilContextCancel(ctx, restartPoll, true, func(context.Context) (bool, error) {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH), nil
	})
	if err != nil {
		return nil, fmt.Errorf("waiting for the end of kube-apiserver: %w", err)
	}
	return func(ctx context.Context) error { return c.startAPIServer(ctx, arguments) }, nil
}

// startAPIServer starts kube-apiserver, again whenever it ends, as the kubelet does, and returns once it is ready.
func (c *ControlPlane) startAPIServer(ctx context.Context, arguments []string) error {
	clients, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return err
	}
	var process *Process
	start := func() error {
		process, err = StartProcess(exec.Command(filepath.Join(c.assets, "kube-apiserver"), arguments...)) //nolint:gosec // As it ran before.
		return err
	}
	if err := start(); err != nil {
		return err
	}
	ended := "it has not ended"
	err = wait.PollUntilContextCancel(ctx, restartPoll, true, func(ctx context.Context) (bool, error) {
		select {
		case <-process.Done():
			ended = "it ended with\n" + tail(process.Output(), 20)
			return false, start()
		default:
			return clients.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error() == nil, nil
		}
	})
	if err != nil {
		process.Kill()
		return fmt.Errorf("waiting until kube-apiserver is ready: %w; %s", err, ended)
	}
	c.processes = append(c.processes, process)
	return nil
}

// find finds a process of the control plane. Both of them have the address of etcd among their arguments.
func (c *ControlPlane) find(ctx context.Context, name string) (pid int, arguments []string, err error) {
	list, err := exec.CommandContext(ctx, "ps", "-ww", "-A", "-o", "pid=,args=").Output()
	if err != nil {
		return 0, nil, fmt.Errorf("listing processes: %w", err)
	}
	path, address := filepath.Join(c.assets, name), c.env.ControlPlane.Etcd.URL.Host
	for line := range strings.Lines(string(list)) {
		words := strings.Fields(line)
		if len(words) > 1 && words[1] == path && strings.Contains(line, address) {
			pid, err := strconv.Atoi(words[0])
			return pid, words[2:], err
		}
	}
	return 0, nil, errors.New("this control plane runs no " + name)
}
