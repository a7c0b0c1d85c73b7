// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTableOfValues(t *testing.T) {
	got, err := valuesTable(`# About the file.

# How many.
replicas: 1
image:
  # Where it is,
  # or was.
  repository: here
# IDs.
ids:
  # Of a | b.
  user: null
# All of it.
resources:
  limits:
    memory: 1Mi
`)
	want := "| value | default | |\n|---|---|---|\n" +
		"| `replicas` | `1` | How many. |\n" +
		"| `image.repository` | `\"here\"` | Where it is, or was. |\n" +
		"| `ids` |  | IDs. |\n" +
		"| `ids.user` | `null` | Of a \\| b. |\n" +
		"| `resources` | `{\"limits\":{\"memory\":\"1Mi\"}}` | All of it. |\n"
	if err != nil || got != want {
		t.Errorf("The table is\n%s(%v), want\n%s", got, err, want)
	}
}

func TestValuesWithoutCommentAreRefused(t *testing.T) {
	for name, source := range map[string]string{
		"at the top":       "replicas: 1\n",
		"below":            "image:\n  # It.\n  tag: a\n  digest: b\n",
		"after an absence": "# Far away.\n\nreplicas: 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			if table, err := valuesTable(source); err == nil {
				t.Errorf("It was made into\n%s", table)
			}
		})
	}
}

func TestRunRefreshesEverything(t *testing.T) {
	top := t.TempDir()
	put := func(name, content string) {
		t.Helper()
		if err := write(filepath.Join(top, name), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range copied {
		put(strings.ReplaceAll(c.pattern, "*", "x"), c.pattern)
	}
	put(chart+"/files/crds/gone.yaml", "a kind that was removed")
	put(chart+"/values.yaml", "# How many.\nreplicas: 1\n")
	put(chart+"/README.md", "above\n"+begin+"stale\n"+end+"below\n")
	if err := run(top); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"files/crds/x.yaml":    "config/crd/bases/*.yaml",
		"files/dashboard.json": "config/grafana/vectara-job-operator.json",
		"README.md":            "above\n" + begin + "| value | default | |\n|---|---|---|\n| `replicas` | `1` | How many. |\n" + end + "below\n",
	} {
		if got, err := os.ReadFile(filepath.Join(top, chart, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(top, chart, "files", "crds", "gone.yaml")); err == nil {
		t.Error("A file that config/ does not have is still in the chart")
	}
	if err := os.RemoveAll(filepath.Join(top, "config", "policy")); err != nil {
		t.Fatal(err)
	}
	if err := run(top); err == nil {
		t.Error("A file that is missing in config/ goes unnoticed")
	}
}
