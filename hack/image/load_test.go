// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestLoad has engines that only say what they were asked for, as most machines that test this have none.
func TestLoad(t *testing.T) {
	archive := filepath.Join(built.output, "manager-linux-"+runtime.GOARCH+".tar")
	for _, test := range []struct {
		name    string
		engines map[string]string // whether "version" succeeds
		want    string
		fails   bool
	}{
		{"docker first", map[string]string{"docker": "0", "podman": "0", "ctr": "0"}, "docker load --input " + archive, false},
		{"podman, when docker has no daemon", map[string]string{"docker": "1", "podman": "0"}, "podman load --input " + archive, false},
		{"ctr", map[string]string{"docker": "1", "podman": "1", "ctr": "0"}, "ctr --namespace k8s.io images import " + archive, false},
		{"none", map[string]string{"docker": "1", "podman": "1", "ctr": "1"}, "no container engine answers", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			for engine, code := range test.engines {
				script := "#!/bin/sh\nif [ \"$1\" = version ]; then exit " + code + "; fi\necho " + engine + " \"$@\"\n"
				if err := os.WriteFile(filepath.Join(folder, engine), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			load := exec.Command("./load.sh", built.output)
			load.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
			output, err := load.CombinedOutput()
			if (err != nil) != test.fails || !strings.Contains(string(output), test.want) {
				t.Errorf("load.sh ended with %v:\n%s\nwant %q", err, output, test.want)
			}
		})
	}
}
