// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

func TestChildrenFindsAChildProcess(t *testing.T) {
	child := exec.Command("cat") // It waits for input that never comes.
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if got := children(os.Getpid()); !slices.Contains(got, child.Process.Pid) {
		t.Errorf("%d is not in %v", child.Process.Pid, got)
	}
	input.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestParentOf(t *testing.T) {
	for name, test := range map[string]struct {
		stat string
		want int
	}{
		"a plain name":                 {"42 (etcd) S 7 42 1", 7},
		"a name like what follows it":  {"42 (a) S 8 (b) S 7 42 1", 7},
		"a line that breaks off":       {"42 (etcd) S", 0},
		"a line of some other meaning": {"hello", 0},
		"an empty line":                {"", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parentOf(test.stat); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
