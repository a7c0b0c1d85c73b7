// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

func TestMain(m *testing.M) {
	ctrllog.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// TestShortSoak is a soak of half a minute, so that the long one works when somebody needs it.
func TestShortSoak(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	folder := t.TempDir()
	manager, err := harness.BuildManager(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(folder, "soak.json")
	var out, complaints bytes.Buffer
	code := run(ctx, []string{
		"--manager=" + manager, "--json=" + results, "--seed=7", "--size=200", "--turnover=4",
		"--duration=25s", "--quiet=10s", "--every=1s", "--settle=1s", "--measure=2s", "--line=5s", "--poll-max=3s", "--request-timeout=1s",
	}, &out, &complaints)
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, complaints.String(), out.String())
	}
	data, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.EndSeen.N == 0 || r.FirstStatus.N < 200 || len(r.Faults) < 10 || len(r.Points) == 0 || r.Counts["LIST"] == 0 || r.Counts["status writes"] == 0 {
		t.Errorf("too little has happened for this to be a test:\n%s", out.String())
	}
}
