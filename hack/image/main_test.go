// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	version = "v1.2.3"
	made    = "2023-11-14T22:13:20Z"
)

// built is the image as "make image" builds it twice: in a git repository of its own, and in an archive of that one.
var built struct {
	repository string // the folder of the sources
	output     string // what they gave
	another    string // what the archive gave
	revision   string
}

func TestMain(m *testing.M) {
	inPod()
	flag.Parse()
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	folder, err := os.MkdirTemp("", "vectara-job-operator-image-")
	if err == nil {
		defer os.RemoveAll(folder)
		err = buildTwice(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "building the image:", err)
		return 1
	}
	return m.Run()
}

func buildTwice(folder string) error {
	top, err := harness.Repository()
	if err != nil {
		return err
	}
	built.repository = filepath.Join(folder, "a")
	built.output = filepath.Join(built.repository, "dist", "image")
	archive := filepath.Join(folder, "deeper", "and", "of", "another", "name")
	built.another = filepath.Join(archive, "dist", "image")
	cyclonedx := filepath.Join(top, "bin", "tools", "cyclonedx-gomod")
	image := []string{"make", "--silent", "image", "TOOLS=" + filepath.Dir(cyclonedx), "--old-file=" + cyclonedx}
	for _, step := range []struct {
		folder  string
		command []string
	}{
		{top, append([]string{"cp", "-Rp", "--parents", "--target-directory=" + built.repository}, sources...)},
		{built.repository, []string{"git", "init", "--quiet"}},
		{built.repository, []string{"git", "add", "--all"}},
		{built.repository, []string{"git", "commit", "--quiet", "--message=first"}},
		{built.repository, []string{"git", "tag", version}},
		{built.repository, []string{"git", "archive", "--output=" + filepath.Join(folder, "a.tar"), "HEAD"}},
		{archive, []string{"tar", "-xf", filepath.Join(folder, "a.tar")}},
		{built.repository, image},
		{archive, image},
	} {
		if err := os.MkdirAll(built.repository, 0o755); err != nil {
			return err
		}
		if err := os.MkdirAll(archive, 0o755); err != nil {
			return err
		}
		if _, err := command(step.folder, step.command...); err != nil {
			return err
		}
	}
	built.revision, err = command(built.repository, "git", "rev-parse", "HEAD")
	return err
}

// sources are what an image is built from.
var sources = []string{
	".gitattributes", ".gitignore", ".dockerignore", "Dockerfile", "Makefile", "go.mod", "go.sum", "api", "cmd", "internal",
	"hack/build.sh", "hack/sbom.sh", "hack/source", "hack/image", "hack/tools",
}

// command runs a command in a folder, whose user has set nothing, and returns what it printed.
func command(folder string, words ...string) (string, error) {
	c := exec.Command(words[0], words[1:]...)
	c.Dir = folder
	c.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "SOURCE_DATE_EPOCH=", "MAKEFLAGS=", "MAKELEVEL=", "GOFLAGS=",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000")
	for _, name := range []string{"VERSION", "IMG", "IMAGE_REPOSITORY"} {
		c.Env = without(c.Env, name)
	}
	output, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, output)
	}
	return strings.TrimSpace(string(output)), nil
}

func without(environment []string, name string) []string {
	var kept []string
	for _, variable := range environment {
		if !strings.HasPrefix(variable, name+"=") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// imagesOf reads the images in a layout by their platforms.
func imagesOf(t *testing.T, index v1.ImageIndex) map[string]v1.Image {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]v1.Image{}
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		images[descriptor.Platform.String()] = image
	}
	return images
}
