// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestResultsAreDrawn(t *testing.T) {
	folder := t.TempDir()
	results, svg := filepath.Join(folder, "soak.json"), filepath.Join(folder, "soak.svg")
	r := report{
		Faults: []fault{{At: 30 * time.Second, Kind: list503}},
		Points: []point{{At: 60, held: held{RSS: 100}}, {At: 120, held: held{RSS: 50}}},
	}
	if err := r.write(results); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"--draw=" + results, "--svg=" + svg}, os.Stdout, os.Stderr); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	data, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(data, new(struct{})); err != nil {
		t.Errorf("the drawing is no XML: %v", err)
	}
	// RSS is at the top of its panel, and then half way down.
	if want := `points="333.0,34.0 610.0,89.0"`; !strings.Contains(string(data), want) {
		t.Errorf("the drawing has no %s:\n%s", want, data)
	}
}
