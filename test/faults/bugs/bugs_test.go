// SPDX-License-Identifier: Apache-2.0

package bugs

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/test/faults"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// leastBugs is how many seeded bugs there must be.
const leastBugs = 25

func load(t *testing.T) (repository string, bugs []SeededBug) {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	if bugs, err = Load(repository); err != nil {
		t.Fatal(err)
	}
	return repository, bugs
}

func TestEverySeededBugAppliesAndCompiles(t *testing.T) {
	repository, bugs := load(t)
	if len(bugs) < leastBugs {
		t.Errorf("There are %d seeded bugs, want at least %d", len(bugs), leastBugs)
	}
	compiler := newCompiler(t, repository)
	for _, bug := range bugs {
		t.Run(bug.Name, func(t *testing.T) {
			copies, err := bug.Apply(t.Context(), repository, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := compiler.compile(copies); err != nil {
				t.Errorf("The code does not compile with the bug: %v", err)
			}
		})
	}
}

func TestEverySeededBugIsOfTheOperator(t *testing.T) {
	_, bugs := load(t)
	name := regexp.MustCompile(`^\d{2}-[a-z-]+$`)
	sentences := map[string]string{}
	for _, bug := range bugs {
		if !name.MatchString(bug.Name) {
			t.Errorf("%s: want a name such as 07-follow-redirects", bug.Name)
		}
		if !strings.HasSuffix(bug.Sentence, ".") {
			t.Errorf("%s: want a sentence, got %q", bug.Name, bug.Sentence)
		}
		if other, ok := sentences[bug.Sentence]; ok {
			t.Errorf("%s and %s are the same bug", bug.Name, other)
		}
		sentences[bug.Sentence] = bug.Name
		for _, file := range bug.Files {
			if !strings.HasPrefix(file, "internal/") || strings.HasPrefix(file, "internal/simulator/") || strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s: changes %s, which is no code of the manager", bug.Name, file)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	const diff = "\ndiff --git a/internal/jobs/plan.go b/internal/jobs/plan.go\n--- a/internal/jobs/plan.go\n+++ b/internal/jobs/plan.go\n"
	for _, test := range []struct {
		name, text string
		want       SeededBug
		problem    string
	}{
		{
			name: "of two runs and a limit",
			text: "Wrong: It is wrong.\nCaught-by: I1, I5\nRun: lists none\nRun: life api/watch:2x3:hang=5s\nLimit: 90s\n" + diff,
			want: SeededBug{
				Sentence: "It is wrong.", CaughtBy: []string{"I1", "I5"}, Limit: 90 * time.Second,
				Runs:  []Run{{Scene: "lists"}, {"life", faults.Plan{{Side: faults.API, Kind: faults.KindWatch, Index: 2, Times: 3, Action: faults.Hang, Arg: "5s"}}}},
				Files: []string{"internal/jobs/plan.go"},
			},
		},
		{
			name: "without a run are for a life without faults",
			text: "Wrong: It is wrong.\nCaught-by: I1\n" + diff,
			want: SeededBug{
				Sentence: "It is wrong.", CaughtBy: []string{"I1"}, Limit: defaultLimit,
				Runs: []Run{{Scene: "life"}}, Files: []string{"internal/jobs/plan.go"},
			},
		},
		{name: "without an invariant", text: "Wrong: It is wrong.\n" + diff, problem: "Caught-by"},
		{name: "with an invariant that does not exist", text: "Wrong: It is wrong.\nCaught-by: I10\n" + diff, problem: `"I10"`},
		{name: "with an unknown field", text: "Wrong: It is wrong.\nCaught by: I1\n" + diff, problem: `"Caught by: I1"`},
		{name: "with an unknown script", text: "Wrong: It is wrong.\nRun: death none\n" + diff, problem: `"death"`},
		{name: "with a plan that makes no sense", text: "Wrong: It is wrong.\nRun: life vectara:0:hang\n" + diff, problem: "index"},
		{name: "with a limit of no time", text: "Wrong: It is wrong.\nLimit: 0s\n" + diff, problem: `"0s"`},
		{name: "of a patch that changes nothing", text: "Wrong: It is wrong.\nCaught-by: I1\n", problem: "unified diff"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bug, err := parse([]byte(test.text))
			switch {
			case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
				t.Errorf("got the error %v, want one about %s", err, test.problem)
			case test.problem == "" && (err != nil || !reflect.DeepEqual(bug, test.want)):
				t.Errorf("got %+v and the error %v, want %+v", bug, err, test.want)
			}
		})
	}
}

func TestPatchThatNoLongerFitsDoesNotApply(t *testing.T) {
	repository, folder := t.TempDir(), t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(repository, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("plan.go", "package jobs\n")
	patch := write("01-rotten.patch", "--- a/plan.go\n+++ b/plan.go\n@@ -1 +1 @@\n-package vectara\n+package controller\n")
	for _, file := range []string{"plan.go", "gone.go"} {
		bug := SeededBug{Files: []string{file}, patch: patch}
		if _, err := bug.Apply(t.Context(), repository, folder); !errors.Is(err, ErrDoesNotApply) {
			t.Errorf("A patch of %s: got the error %v, want %v", file, err, ErrDoesNotApply)
		}
	}
}
