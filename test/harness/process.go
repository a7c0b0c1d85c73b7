// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopGrace is for how long a process may take to end after SIGTERM before it is killed.
const stopGrace = 20 * time.Second

// Process is a child process whose output is kept.
type Process struct {
	command *exec.Cmd
	output  *logBuffer
	done    chan struct{}
	err     error // of the process, once done is closed
}

// StartProcess starts a command in a process group of its own: a Ctrl-C in the terminal is for its parent, which stops
// it in its own time.
func StartProcess(command *exec.Cmd) (*Process, error) {
	p := &Process{command: command, output: &logBuffer{}, done: make(chan struct{})}
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true
	command.Stdout, command.Stderr = p.output, p.output
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", command.Path, err)
	}
	go func() {
		p.err = command.Wait()
		close(p.done)
	}()
	return p, nil
}

// Arguments are the arguments that the process was started with, without its own name.
func (p *Process) Arguments() []string { return p.command.Args[1:] }

// PID is the ID of the process.
func (p *Process) PID() int { return p.command.Process.Pid }

// Output is everything that the process wrote so far.
func (p *Process) Output() string { return p.output.String() }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the process ended: nil if it succeeded. It waits for the end.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Signal sends a signal to the process. A process that has ended gets none.
func (p *Process) Signal(signal os.Signal) { _ = p.command.Process.Signal(signal) }

// Stop ends the process as Kubernetes does, and waits for it.
func (p *Process) Stop() {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		p.Kill()
	}
}

// Kill ends the process without a warning, and waits for it.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// logBuffer collects what several writers write.
type logBuffer struct {
	mu   sync.Mutex
	data []byte
}

func (b *logBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = append(b.data, data...)
	return len(data), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.data)
}
