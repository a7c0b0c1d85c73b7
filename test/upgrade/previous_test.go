// SPDX-License-Identifier: Apache-2.0

package upgrade

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// The release that upgrades are tested from. Its CRDs are in testdata too, so that hack/crdcheck needs no history.
const (
	previousVersion = "v0.1.0"
	previousCommit  = "52039e315fa14bb4b5db3cb7dc79ef19eedc3748"
	previousCRDs    = "testdata/" + previousVersion + "/crds"
)

// release is the sources of a release, and its manager.
type release struct {
	tree    string
	manager string
}

// previousRelease takes the sources of the previous release out of git, and builds its manager as it was built then.
func previousRelease(t *testing.T) release {
	t.Helper()
	folder := t.TempDir()
	archive, tree, manager := filepath.Join(folder, "source.tar"), filepath.Join(folder, "source"), filepath.Join(folder, "manager")
	git(t, "archive", "--format=tar", "--output="+archive, previousCommit)
	if err := os.Mkdir(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "tar", "-xf", archive, "-C", tree).CombinedOutput(); err != nil {
		t.Fatalf("unpacking %s: %v\n%s", previousVersion, err, out)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -X github.com/vectara-job-operator/vectara-job-operator/internal/version.Version="+previousVersion, "-o", manager, "./cmd")
	build.Dir = tree
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the manager of %s: %v\n%s", previousVersion, err, out)
	}
	return release{tree: tree, manager: manager}
}

// git runs git in the repository and returns its output. A history that lacks the previous release fails the test: skipping it
// would let every upgrade pass.
func git(t *testing.T, arguments ...string) []byte {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	run := func(arguments ...string) ([]byte, error) {
		var out, complaint bytes.Buffer
		command := exec.CommandContext(t.Context(), "git", append([]string{"-C", repository}, arguments...)...)
		command.Stdout, command.Stderr = &out, &complaint
		if err := command.Run(); err != nil {
			return nil, fmt.Errorf("git %s: %w: %s", arguments[0], err, strings.TrimSpace(complaint.String()))
		}
		return out.Bytes(), nil
	}
	if _, err := run("cat-file", "-e", previousCommit+"^{commit}"); err != nil {
		// A shallow clone can be given what it lacks, if there is a way to where it came from.
		if _, err := run("fetch", "--quiet", "--depth=1", "origin", previousCommit); err != nil {
			t.Fatalf("the history has no commit %s, which is %s, and upgrades are tested from there. In a shallow clone, run "+
				"'git fetch --unshallow'; a source archive has no history at all: clone the repository. (%v)",
				previousCommit, previousVersion, err)
		}
	}
	out, err := run(arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheCRDsInTestdataAreThoseOfThePreviousRelease(t *testing.T) {
	files, err := filepath.Glob(previousCRDs + "/*.yaml")
	if err != nil || len(files) != 2 {
		t.Fatalf("there are %d CRDs in %s, want 2 (%v)", len(files), previousCRDs, err)
	}
	for _, file := range files {
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if released := git(t, "show", previousCommit+":config/crd/bases/"+filepath.Base(file)); !bytes.Equal(kept, released) {
			t.Errorf("%s is not what %s has", file, previousVersion)
		}
	}
}

func TestTheChangelogNamesTheCommitOfThePreviousRelease(t *testing.T) {
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile(`(?m)^## \[` + regexp.QuoteMeta(strings.TrimPrefix(previousVersion, "v")) + `\] - \d{4}-\d\d-\d\d\n+.*` + previousCommit[:7])
	if !heading.Match(changelog) {
		t.Errorf("CHANGELOG.md does not say below the heading of %s that it is commit %s", previousVersion, previousCommit[:7])
	}
}
