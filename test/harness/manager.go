// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// BuildManager builds the manager into a folder and returns the path of the binary. It has the race detector in it if
// the caller has.
func BuildManager(ctx context.Context, folder string) (string, error) {
	repository, err := Repository()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "manager")
	arguments := []string{"build", "-o", binary}
	if raceEnabled {
		arguments = append(arguments, "-race")
	}
	command := exec.CommandContext(ctx, "go", append(arguments, "./cmd")...) //nolint:gosec // Nothing of this comes from outside.
	command.Dir = repository
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the manager: %w\n%s", err, output)
	}
	return binary, nil
}

// Manager is a manager that runs as a process.
type Manager struct {
	*Process
	// Probes is the base URL of /healthz and /readyz.
	Probes string
}

// StartManager starts the manager as the operator's service account. Flags come after those that every run needs. A Lease that they
// name is granted.
func (c *ControlPlane) StartManager(ctx context.Context, binary string, flags ...string) (*Manager, error) {
	return c.StartManagerWith(ctx, binary, nil, flags...)
}

// StartManagerWith does the same with additional environment variables, written NAME=value.
func (c *ControlPlane) StartManagerWith(ctx context.Context, binary string, environment []string, flags ...string) (*Manager, error) {
	if err := c.grantNamedLeases(ctx, flags); err != nil {
		return nil, fmt.Errorf("granting the lease: %w", err)
	}
	return c.startManager(ctx, binary, OperatorNamespace, ServiceAccount, environment, flags)
}

// StartManagerAs does the same as another service account, with what that one was granted and nothing else.
func (c *ControlPlane) StartManagerAs(ctx context.Context, binary, namespace, account string, flags ...string) (*Manager, error) {
	return c.startManager(ctx, binary, namespace, account, nil, flags)
}

func (c *ControlPlane) startManager(ctx context.Context, binary, namespace, account string, environment, flags []string) (*Manager, error) {
	kubeconfig, err := c.ServiceAccountKubeconfig(ctx, namespace, account)
	if err != nil {
		return nil, err
	}
	probes, err := FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	command := exec.Command(binary, append([]string{ //nolint:gosec // The binary is our own.
		"--kubeconfig=" + kubeconfig,
		"--leader-election-namespace=" + namespace,
		"--metrics-bind-address=0",
		"--health-probe-bind-address=" + probes,
	}, flags...)...)
	command.Env = append(append(os.Environ(), "GORACE=halt_on_error=1"), environment...)
	process, err := StartProcess(command)
	if err != nil {
		return nil, err
	}
	return &Manager{Process: process, Probes: "http://" + probes}, nil
}

// AwaitReady returns once the manager says that it is ready. A manager that ended will never be.
func (m *Manager) AwaitReady(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		select {
		case <-m.Done():
			return false, fmt.Errorf("the manager ended: %w", m.Err())
		default:
		}
		last = m.Probe(ctx, "/readyz")
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the manager to be ready: %w (last: %w)\n%s", err, last, tail(m.Output(), 30))
	}
	return nil
}

// Probe requests one of the health endpoints, and returns an error unless it returns 200.
func (m *Manager) Probe(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.Probes+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request) //nolint:forbidigo // The context has a deadline, and the peer is our own.
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s returned %s", path, response.Status)
	}
	return nil
}

// FreeAddress finds a port of the loopback interface that nobody uses at present.
func FreeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
