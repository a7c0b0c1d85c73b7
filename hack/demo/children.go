// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killChildren ends every child process without a warning: for somebody who does not want to wait for their proper end.
func killChildren() {
	for _, pid := range children(os.Getpid()) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // One that has ended by itself is as good.
	}
}

// children are the processes that a process is the parent of, as far as the system says.
func children(parent int) []int {
	if pids := childrenFromProc(parent); len(pids) > 0 {
		return pids
	}
	// Systems without /proc have ps.
	listing, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		return nil
	}
	var pids []int
	for line := range strings.Lines(string(listing)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[1] == strconv.Itoa(parent) {
			pids = appendNumber(pids, fields[0])
		}
	}
	return pids
}

func childrenFromProc(parent int) []int {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	var pids []int
	for _, file := range files {
		// The process may be gone by now.
		stat, err := os.ReadFile(file)
		if err == nil && parentOf(string(stat)) == parent {
			pids = appendNumber(pids, filepath.Base(filepath.Dir(file)))
		}
	}
	return pids
}

// parentOf reads the parent's ID from a line such as "42 (name) S 7 …". The name may hold anything. It is 0 if the line
// is of another form.
func parentOf(stat string) int {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return parent
}

func appendNumber(numbers []int, text string) []int {
	if number, err := strconv.Atoi(text); err == nil {
		return append(numbers, number)
	}
	return numbers
}
