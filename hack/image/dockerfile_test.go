// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// instructions are those of the Dockerfile, each on one line.
func instructions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(built.repository, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

func TestDockerfilePinsItsBases(t *testing.T) {
	pinned := regexp.MustCompile(`^ARG (?:BUILD|RUNTIME)_IMAGE=[a-z0-9./-]+:[A-Za-z0-9.-]+@sha256:[0-9a-f]{64}$`)
	bases := 0
	for _, line := range instructions(t) {
		if strings.HasPrefix(line, "ARG ") && strings.Contains(line, "_IMAGE=") {
			bases++
			if !pinned.MatchString(line) {
				t.Errorf("not pinned by digest: %s", line)
			}
		}
		if strings.HasPrefix(line, "FROM ") && !strings.Contains(line, "${BUILD_IMAGE}") && !strings.Contains(line, "${RUNTIME_IMAGE}") {
			t.Errorf("a base of its own: %s", line)
		}
	}
	if bases != 2 {
		t.Errorf("there are %d bases, want 2", bases)
	}
}

// TestDockerfileBuildsTheSameBinary runs the Dockerfile's build as an engine would: with what it copies, as far as .dockerignore
// lets it, and the command of its RUN instruction.
func TestDockerfileBuildsTheSameBinary(t *testing.T) {
	folder := t.TempDir()
	output := filepath.Join(t.TempDir(), "manager")
	var build string
	for _, line := range instructions(t) {
		words := strings.Fields(line)
		switch {
		case words[0] == "COPY" && !strings.HasPrefix(words[1], "--from="):
			for _, source := range words[1 : len(words)-1] {
				copyInto(t, folder, source)
			}
		case words[0] == "RUN" && strings.HasSuffix(line, " /manager"):
			build = strings.TrimSuffix(strings.TrimPrefix(line, "RUN "), "/manager") + output
		}
	}
	if build == "" {
		t.Fatal("there is no RUN instruction that builds /manager")
	}
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		system, machine, _ := strings.Cut(platform, "/")
		if _, err := command(folder, "env", "TARGETOS="+system, "TARGETARCH="+machine, "VERSION="+version, "sh", "-c", build); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(built.output, platform, "manager"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the Dockerfile builds another manager for %s than make image", platform)
		}
	}
}

// copyInto copies a file or folder of the sources, but for what .dockerignore leaves out.
func copyInto(t *testing.T, folder, source string) {
	t.Helper()
	ignored, err := os.ReadFile(filepath.Join(built.repository, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Split(string(ignored), "\n"), "!"+source) {
		t.Fatalf(".dockerignore leaves out %s, which the Dockerfile copies", source)
	}
	if _, err := command(built.repository, "cp", "-R", "--parents", source, folder); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*_test.go", "testdata"} {
		if !slices.Contains(strings.Split(string(ignored), "\n"), "**/"+pattern) {
			t.Fatalf(".dockerignore has no **/%s", pattern)
		}
		if _, err := command(folder, "find", ".", "-depth", "-name", pattern, "-exec", "rm", "-r", "{}", ";"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDockerfileMakesTheSameImage(t *testing.T) {
	created, err := time.Parse(time.RFC3339, made)
	if err != nil {
		t.Fatal(err)
	}
	arguments := strings.NewReplacer("${VERSION}", version, "${REVISION}", built.revision, "${CREATED}", made)
	label := regexp.MustCompile(`([a-z.]+)="([^"]*)"`)
	got := map[string]string{}
	lines := instructions(t)
	for _, line := range lines {
		if strings.HasPrefix(line, "LABEL ") {
			for _, match := range label.FindAllStringSubmatch(line, -1) {
				got[match[1]] = arguments.Replace(match[2])
			}
		}
	}
	if want := labels(version, built.revision, created); !maps.Equal(got, want) {
		t.Errorf("the labels are %v, want %v", got, want)
	}
	for _, want := range []string{"USER " + user, `ENTRYPOINT ["/` + entrypoint + `"]`} {
		if !slices.Contains(lines, want) {
			t.Errorf("there is no %s", want)
		}
	}
}
