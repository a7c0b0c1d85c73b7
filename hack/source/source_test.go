// SPDX-License-Identifier: Apache-2.0

// Package source tests the script that says what the sources are.
package source

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const committed = "1700000000"

// run runs a command in a folder, as a user without a configuration of git.
func run(t *testing.T, folder, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "SOURCE_DATE_EPOCH=",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE="+committed+" +0000", "GIT_COMMITTER_DATE="+committed+" +0000")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

// bareCopy copies what the script needs, as a source tree without a history.
func bareCopy(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{".gitattributes", "hack/source/source.sh", "hack/source/archive.txt"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// repository commits a copy.
func repository(t *testing.T) string {
	t.Helper()
	folder := bareCopy(t)
	run(t, folder, "git", "init", "--quiet")
	run(t, folder, "git", "add", "--all")
	run(t, folder, "git", "commit", "--quiet", "--message=first")
	return folder
}

// archive unpacks an archive of a repository in the middle of another one, which is not to be taken for its own.
func archive(t *testing.T, repository string) string {
	t.Helper()
	other := t.TempDir()
	run(t, other, "git", "init", "--quiet")
	run(t, other, "git", "commit", "--quiet", "--allow-empty", "--message=other")
	run(t, other, "git", "tag", "v9.9.9")
	folder := filepath.Join(other, "third_party", "operator")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, repository, "git", "archive", "--output="+filepath.Join(other, "a.tar"), "HEAD")
	run(t, folder, "tar", "-xf", filepath.Join(other, "a.tar"))
	return folder
}

func TestWhatTheSourcesAre(t *testing.T) {
	repository := repository(t)
	head := run(t, repository, "git", "rev-parse", "HEAD")
	expect := func(folder, key, want string) {
		t.Helper()
		if got := run(t, folder, filepath.Join(folder, "hack", "source", "source.sh"), key); got != want {
			t.Errorf("source.sh %s says %q, want %q", key, got, want)
		}
	}
	short := run(t, repository, "git", "rev-parse", "--short", "HEAD")
	for _, folder := range []string{repository, archive(t, repository)} { // Without a tag.
		expect(folder, "version", short)
		expect(folder, "revision", head)
		expect(folder, "time", committed)
	}

	run(t, repository, "git", "tag", "v1.2.3")
	for _, folder := range []string{repository, archive(t, repository)} {
		expect(folder, "version", "v1.2.3")
	}

	run(t, repository, "git", "commit", "--quiet", "--allow-empty", "--message=second")
	described := run(t, repository, "git", "describe", "--tags")
	if !strings.HasPrefix(described, "v1.2.3-1-g") {
		t.Fatalf("git describes it as %s", described)
	}
	for _, folder := range []string{repository, archive(t, repository)} {
		expect(folder, "version", described)
	}

	if err := os.WriteFile(filepath.Join(repository, ".gitattributes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(repository, "version", described+"-dirty")

	bare := bareCopy(t)
	expect(bare, "version", "v0.0.0-dev")
	expect(bare, "revision", "unknown")
	expect(bare, "time", "0")
}

func TestTheTimeCanBeSet(t *testing.T) {
	folder := repository(t)
	command := exec.Command(filepath.Join(folder, "hack", "source", "source.sh"), "time")
	command.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=42")
	output, err := command.Output()
	if err != nil || string(output) != "42\n" {
		t.Errorf("source.sh time says %q (%v), want 42", output, err)
	}
}
