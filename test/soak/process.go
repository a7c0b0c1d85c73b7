// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// childProcess finds a child of this process by its name, as the control plane does not tell.
func childProcess(name string) (int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, file := range stats {
		data, err := os.ReadFile(file) //nolint:gosec // A name of the kernel's.
		if err != nil {
			continue // It has ended.
		}
		// "PID (NAME) STATE PARENT ...": a name may have spaces and brackets in it.
		pid, rest, _ := strings.Cut(string(data), " (")
		end := strings.LastIndex(rest, ") ")
		if end < 0 || rest[:end] != name {
			continue
		}
		if words := strings.Fields(rest[end+2:]); len(words) > 1 && words[1] == strconv.Itoa(os.Getpid()) {
			return strconv.Atoi(pid)
		}
	}
	return 0, fmt.Errorf("this process has no child named %s", name)
}

// hold stops a process for a while, as a machine does that has none left for it.
func hold(ctx context.Context, pid int, d time.Duration) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	pass(ctx, d)
	return syscall.Kill(pid, syscall.SIGCONT)
}

// pass lets time pass, and reports whether the context goes on.
func pass(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// descriptors counts the open file descriptors of a process.
func descriptors(pid int) (int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(entries), err
}

// connectionsTo counts the established connections to a port of the loopback interface.
func connectionsTo(port int) (int, error) {
	data, err := os.ReadFile("/proc/self/net/tcp")
	if err != nil {
		return 0, err
	}
	remote, n := fmt.Sprintf("0100007F:%04X", port), 0
	for line := range strings.Lines(string(data)) {
		const established = "01"
		if words := strings.Fields(line); len(words) > 3 && words[2] == remote && words[3] == established {
			n++
		}
	}
	return n, nil
}
