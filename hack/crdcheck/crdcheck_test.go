// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	released = "../../test/upgrade/testdata/v0.1.0/crds"
	present  = "../../config/crd/bases"
)

func TestEveryBreakingDifferenceHasAReason(t *testing.T) {
	if err := run(released, present, "accepted.yaml"); err != nil {
		t.Error(err)
	}
}

// TestBreakingChangesAreFound breaks the CRDs as somebody might, one way at a time.
func TestBreakingChangesAreFound(t *testing.T) {
	for _, test := range []struct {
		name     string
		old, new string // in the CRD of VectaraJobs
		want     string // in the error
	}{
		{"a field is gone", "\n              suspend:\n", "\n              paused:\n", "^.spec.suspend"},
		{"a field becomes required", "            required:\n            - jobID\n", "            required:\n            - jobID\n            - suspend\n", "required"},
		{"a bound becomes tighter", "maxLength: 512", "maxLength: 64", "maxLength"},
		{"a pattern changes", "pattern: ^job_", "pattern: ^vectara_job_", "^.spec.jobID: unhandled"},
		{"another version takes the place of the stored one", "name: v1alpha1", "name: v1beta1", "v1alpha1 is no longer served"},
		{"it is no longer served", "served: true", "served: false", "v1alpha1 is no longer served"},
		{"a field can no longer be selected by", "    - jsonPath: .status.state\n    - jsonPath: .status.type\n", "    - jsonPath: .status.state\n", "^.status.type: selectable"},
		{"it is no longer of a namespace", "scope: Namespaced", "scope: Cluster", "scope"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := copyOf(t, present)
			file := filepath.Join(folder, "jobs.vectara.io_vectarajobs.yaml")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			broken := strings.ReplaceAll(string(data), test.old, test.new)
			if broken == string(data) {
				t.Fatalf("the CRD has no %q", test.old)
			}
			if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := run(released, folder, "accepted.yaml"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestACRDThatIsGoneIsFound(t *testing.T) {
	folder := copyOf(t, present)
	if err := os.Remove(filepath.Join(folder, "jobs.vectara.io_vectarajobdiscoveries.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := run(released, folder, "accepted.yaml"); err == nil || !strings.Contains(err.Error(), "the CRD is gone") {
		t.Errorf("the error is %v", err)
	}
}

func TestAnEntryThatIsNotNeededIsFound(t *testing.T) {
	err := run(released, released, "accepted.yaml")
	if err == nil || !strings.Contains(err.Error(), "accepted, but there is no such difference") {
		t.Errorf("the error is %v", err)
	}
}

func TestAnEntryNeedsAReason(t *testing.T) {
	file := filepath.Join(t.TempDir(), "accepted.yaml")
	if err := os.WriteFile(file, []byte("- {crd: a, properties: [^.spec], check: default}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readAccepted(file); err == nil || !strings.Contains(err.Error(), "reason") {
		t.Errorf("the error is %v", err)
	}
}

// copyOf copies the files of a folder to a temporary one.
func copyOf(t *testing.T, folder string) string {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return copied
}
