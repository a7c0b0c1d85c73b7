// SPDX-License-Identifier: Apache-2.0

// Package workflows tests what actionlint does not: that the workflows of GitHub Actions pin what they use, may do no more than they
// need, and call what exists. "make verify-workflows" runs it together with actionlint.
package workflows

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

var (
	// The comment says which version that is: Renovate needs it, and readers do.
	pinned = regexp.MustCompile(`^\s*(?:- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	local  = regexp.MustCompile(`^\s*(?:- )?uses: \./\.github/workflows/[a-z]+\.yaml$`)
	target = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):(?:[^=]|$)`)
	calls  = regexp.MustCompile(`(?m)(?:^|&&|\|\||[;|(])\s*make +([^|&;\n]*)`)
)

type workflow struct {
	// An unquoted "on" is the boolean true to this parser.
	On          map[string]any `json:"true"`
	Concurrency map[string]any `json:"concurrency"`
	Jobs        map[string]job `json:"jobs"`
}

type job struct {
	Uses           string            `json:"uses"`
	TimeoutMinutes int               `json:"timeout-minutes"`
	Permissions    map[string]string `json:"permissions"`
	Steps          []step            `json:"steps"`
}

type step struct {
	Uses string         `json:"uses"`
	Run  string         `json:"run"`
	With map[string]any `json:"with"`
}

func top(names ...string) string { return filepath.Join(append([]string{"..", ".."}, names...)...) }

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// each runs a test for each workflow.
func each(t *testing.T, test func(t *testing.T, text string, parsed workflow)) {
	t.Helper()
	names, err := filepath.Glob(top(".github", "workflows", "*"))
	if err != nil || len(names) < 4 {
		t.Fatalf("the workflows are %q (%v)", names, err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text := read(t, name)
			var parsed workflow
			if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
				t.Fatal(err)
			}
			if len(parsed.Jobs) == 0 {
				t.Fatal("it has no jobs")
			}
			test(t, text, parsed)
		})
	}
}

func TestActionsArePinned(t *testing.T) {
	each(t, func(t *testing.T, text string, _ workflow) {
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			if strings.Contains(line, "uses:") && !pinned.MatchString(line) && !local.MatchString(line) {
				t.Errorf("not pinned by a commit and a comment with its version: %s", line)
			}
		}
	})
}

func TestOneActionHasOneVersion(t *testing.T) {
	versions := map[string]string{}
	each(t, func(t *testing.T, _ string, parsed workflow) {
		for name, j := range parsed.Jobs {
			for _, s := range j.Steps {
				action, version, _ := strings.Cut(s.Uses, "@")
				if before, known := versions[action]; known && before != version {
					t.Errorf("%s uses %s at %s, another at %s", name, action, version, before)
				}
				versions[action] = version
			}
		}
	})
}

func TestPermissionsAreGivenToJobs(t *testing.T) {
	writes := map[string]bool{
		"release attestations": true, "release contents": true, "release id-token": true, "release packages": true,
		"scorecard id-token": true, "scorecard security-events": true,
	}
	each(t, func(t *testing.T, text string, parsed workflow) {
		if !strings.Contains(text, "\npermissions: {}\n") {
			t.Error("the workflow as a whole has permissions")
		}
		workflow := strings.TrimSuffix(filepath.Base(t.Name()), ".yaml")
		for name, j := range parsed.Jobs {
			if j.Permissions["contents"] == "" {
				t.Errorf("%s does not say what it may do", name)
			}
			for scope, access := range j.Permissions {
				if access != "read" && !writes[workflow+" "+scope] {
					t.Errorf("%s may %s %s", name, access, scope)
				}
			}
		}
	})
}

func TestTriggersAreSafe(t *testing.T) {
	each(t, func(t *testing.T, text string, parsed workflow) {
		if len(parsed.On) == 0 {
			t.Error("it has no triggers")
		}
		for _, trigger := range []string{"pull_request_target", "workflow_run", "issue_comment"} {
			if _, on := parsed.On[trigger]; on {
				t.Errorf("%s runs code of strangers with secrets", trigger)
			}
		}
		if parsed.Concurrency["group"] == nil {
			t.Error("it has no concurrency group")
		}
		for name, j := range parsed.Jobs {
			if j.Uses == "" && (j.TimeoutMinutes < 1 || j.TimeoutMinutes > 120) {
				t.Errorf("%s times out after %d minutes", name, j.TimeoutMinutes)
			}
			for _, s := range j.Steps {
				// What somebody else chose becomes part of the script before a shell sees it.
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s hands an expression to a shell, not in a variable: %s", name, s.Run)
				}
			}
		}
	})
}

func TestNoCredentialsAreLeftInTheCheckout(t *testing.T) {
	each(t, func(t *testing.T, _ string, parsed workflow) {
		for name, j := range parsed.Jobs {
			for _, s := range j.Steps {
				if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
					t.Errorf("%s leaves its token where every later step can read it", name)
				}
			}
		}
	})
}

func TestReleasesUseNoCache(t *testing.T) {
	each(t, func(t *testing.T, text string, parsed workflow) {
		if filepath.Base(t.Name()) != "release.yaml" {
			return
		}
		for name, j := range parsed.Jobs {
			for _, s := range j.Steps {
				cached := strings.HasPrefix(s.Uses, "actions/setup-go@") && s.With["cache"] != false
				if cached || strings.HasPrefix(s.Uses, "actions/cache") {
					t.Errorf("%s uses what another run left in a cache", name)
				}
			}
		}
	})
}

func TestGoIsThatOfTheDockerfile(t *testing.T) {
	found := regexp.MustCompile(`golang:(\d+\.\d+\.\d+)@`).FindStringSubmatch(read(t, top("Dockerfile")))
	if found == nil {
		t.Fatal("the Dockerfile names no version of Go")
	}
	each(t, func(t *testing.T, _ string, parsed workflow) {
		for name, j := range parsed.Jobs {
			for _, s := range j.Steps {
				if got := fmt.Sprint(s.With["go-version"]); strings.HasPrefix(s.Uses, "actions/setup-go@") && got != found[1] {
					t.Errorf("%s uses Go %s, the Dockerfile %s", name, got, found[1])
				}
			}
		}
	})
}

func TestMakeTargetsExist(t *testing.T) {
	var targets []string
	for _, match := range target.FindAllStringSubmatch(read(t, top("Makefile")), -1) {
		targets = append(targets, match[1])
	}
	var called []string
	each(t, func(t *testing.T, _ string, parsed workflow) {
		for name, j := range parsed.Jobs {
			for _, s := range j.Steps {
				for _, call := range calls.FindAllStringSubmatch(s.Run, -1) {
					for word := range strings.FieldsSeq(call[1]) {
						if strings.ContainsAny(word, `="`) {
							continue
						}
						called = append(called, word)
						if !slices.Contains(targets, word) {
							t.Errorf("%s calls make %s, which does not exist", name, word)
						}
					}
				}
			}
		}
	})
	for _, must := range []string{"verify", "test", "bench", "vulncheck", "image-push", "chart", "release"} {
		if !slices.Contains(called, must) {
			t.Errorf("no workflow calls make %s", must)
		}
	}
}
