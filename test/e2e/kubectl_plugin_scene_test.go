// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// pluginFolder builds the plugin once, into a folder with what completes its command line.
var pluginFolder = sync.OnceValues(func() (string, error) {
	repository, err := harness.Repository()
	if err != nil {
		return "", err
	}
	// The folder of the manager is deleted after the tests.
	folder := filepath.Join(filepath.Dir(binary), "plugin")
	build := exec.Command("go", "build", "-o", folder+string(filepath.Separator), "./cmd/kubectl-vectara")
	build.Dir = repository
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the plugin: %w\n%s", err, output)
	}
	const shim = "kubectl_complete-vectara"
	script, err := os.ReadFile(filepath.Join(repository, "cmd", "kubectl-vectara", shim))
	if err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, shim), script, 0o700)
})

// pluginRun is what came of a command.
type pluginRun struct {
	out, complaint string
	code           int
}

// pluginCommand is "kubectl vectara" in the namespace of the scene.
func (s *scene) pluginCommand(arguments ...string) *exec.Cmd {
	s.t.Helper()
	return s.kubectlCommand(append([]string{"vectara"}, append(arguments, "-n", s.namespace)...)...)
}

// kubectlCommand is "kubectl" with the plugin on its path.
func (s *scene) kubectlCommand(arguments ...string) *exec.Cmd {
	s.t.Helper()
	folder, err := pluginFolder()
	s.must(err)
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	s.t.Cleanup(cancel)
	command := cluster.KubectlCommand(ctx, arguments...)
	path := strings.Join([]string{folder, filepath.Dir(command.Path), os.Getenv("PATH")}, string(filepath.ListSeparator))
	command.Env = append(command.Env, "PATH="+path)
	return command
}

// plugin runs "kubectl vectara" with standard input from a text.
func (s *scene) plugin(input string, arguments ...string) pluginRun {
	s.t.Helper()
	command := s.pluginCommand(arguments...)
	var out, complaint bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &out, &complaint
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("kubectl vectara %v: %v", arguments, err)
	}
	run := pluginRun{out: out.String(), complaint: complaint.String(), code: command.ProcessState.ExitCode()}
	s.t.Logf("kubectl vectara %s: %d\n%s%s", strings.Join(arguments, " "), run.code, run.out, run.complaint)
	return run
}

// expect checks the exit code of a command, and that some texts stand in its output.
func (r pluginRun) expect(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(r.out+r.complaint, text) {
			t.Errorf("the output lacks %q:\n%s%s", text, r.out, r.complaint)
		}
	}
}

// screen is what shows what a command writes while it runs: a terminal, or the end of a pipe.
type screen struct {
	t        *testing.T
	command  *exec.Cmd
	keyboard *os.File // nil at a pipe
	mu       sync.Mutex
	shown    strings.Builder
	changed  chan struct{} // has room for one
	done     chan struct{}
}

// onTerminal starts "kubectl vectara" in a terminal of 80 columns.
func (s *scene) onTerminal(arguments ...string) *screen {
	s.t.Helper()
	command := s.pluginCommand(arguments...)
	terminal, err := pty.StartWithSize(command, &pty.Winsize{Rows: 25, Cols: 80})
	s.must(err)
	s.t.Cleanup(func() { terminal.Close() })
	return s.watchOutput(command, terminal, terminal)
}

// intoPipe starts "kubectl vectara" with its standard output into a pipe.
func (s *scene) intoPipe(arguments ...string) *screen {
	s.t.Helper()
	command := s.pluginCommand(arguments...)
	pipe, err := command.StdoutPipe()
	s.must(err)
	s.must(command.Start())
	return s.watchOutput(command, nil, pipe)
}

func (s *scene) watchOutput(command *exec.Cmd, keyboard *os.File, output io.Reader) *screen {
	v := &screen{t: s.t, command: command, keyboard: keyboard, changed: make(chan struct{}, 1), done: make(chan struct{})}
	go v.read(output)
	return v
}

func (v *screen) read(from io.Reader) {
	defer close(v.done)
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		v.mu.Lock()
		v.shown.Write(buffer[:n])
		v.mu.Unlock()
		select {
		case v.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return // The other end is gone with the command.
		}
	}
}

func (v *screen) text() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.shown.String()
}

// await waits until a text was shown.
func (v *screen) await(text string) {
	v.t.Helper()
	late := time.After(patience)
	for !strings.Contains(v.text(), text) {
		select {
		case <-v.changed:
		case <-v.done:
			if !strings.Contains(v.text(), text) {
				v.t.Fatalf("the command ended without showing %q:\n%q", text, v.text())
			}
		case <-late:
			v.t.Fatalf("it never showed %q:\n%q", text, v.text())
		}
	}
}

// end waits for the end of the command and returns its exit code.
func (v *screen) end() int {
	<-v.done
	_ = v.command.Wait() // The exit code says it.
	v.t.Logf("it showed:\n%q", v.text())
	return v.command.ProcessState.ExitCode()
}
