// SPDX-License-Identifier: Apache-2.0

// Package release makes a release with "make release-dry-run", and tests what is in it.
package release

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// made is the release of the sources as they lie here.
var made struct {
	top     string
	folder  string
	version string
	date    time.Time
}

func TestMain(m *testing.M) {
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, "make release-dry-run:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func build() error {
	var err error
	if made.top, err = filepath.Abs(filepath.Join("..", "..")); err != nil {
		return err
	}
	made.folder = filepath.Join(made.top, "dist", "release")
	if made.version, err = run("hack/source/source.sh", "version"); err != nil {
		return err
	}
	seconds, err := run("hack/source/source.sh", "time")
	if err != nil {
		return err
	}
	var since int64
	if _, err := fmt.Sscan(seconds, &since); err != nil {
		return err
	}
	made.date = time.Unix(since, 0).UTC()
	// What is left of an earlier one is not to be taken for this one.
	if err := os.RemoveAll(made.folder); err != nil {
		return err
	}
	_, err = run("make", "release-dry-run")
	return err
}

// run runs a command in the top folder.
func run(name string, arguments ...string) (string, error) {
	command := exec.Command(name, arguments...)
	command.Dir = made.top
	// The make that runs this test has its own ideas of what is to be made, and how.
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "MAKEFLAGS=") || strings.HasPrefix(variable, "MAKELEVEL=") || strings.HasPrefix(variable, "MFLAGS=")
	})
	output, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w:\n%s\n%s", err, output, exit.Stderr)
	}
	return strings.TrimSpace(string(output)), err
}

// product is a binary for one platform, in an archive of its own.
type product struct{ name, os, arch string }

func products() []product {
	all := []product{{"manager", "linux", "amd64"}, {"manager", "linux", "arm64"}}
	for _, system := range []string{"darwin", "linux", "windows"} {
		all = append(all, product{"kubectl-vectara", system, "amd64"}, product{"kubectl-vectara", system, "arm64"})
	}
	return all
}

func (p product) base() string { return p.name + "_" + made.version + "_" + p.os + "_" + p.arch }

func (p product) archive() string {
	if p.os == "windows" {
		return p.base() + ".zip"
	}
	return p.base() + ".tar.gz"
}

func (p product) binary() string {
	if p.os == "windows" {
		return p.name + ".exe"
	}
	return p.name
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(made.folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// checksums are those of checksums.txt, by file.
func checksums(t *testing.T) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for line := range strings.Lines(string(read(t, "checksums.txt"))) {
		sum, name, found := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !found {
			t.Fatalf("not a line of sha256sum: %q", line)
		}
		sums[name] = sum
	}
	return sums
}

func TestChecksumsAreThoseOfAllFiles(t *testing.T) {
	sums := checksums(t)
	want := []string{"install.yaml", chart(t)}
	for _, p := range products() {
		want = append(want, p.archive(), p.base()+".cdx.json")
	}
	for _, name := range want {
		file := filepath.Join(made.folder, name)
		if name == "install.yaml" || strings.HasSuffix(name, ".tgz") {
			file = filepath.Join(made.top, "dist", name)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if sums[name] != digest(data) {
			t.Errorf("the checksum of %s is %q, want %s", name, sums[name], digest(data))
		}
		delete(sums, name)
	}
	if len(sums) > 0 {
		t.Errorf("there are checksums of other files too: %v", sums)
	}
}

// chart is the file name of the packaged chart.
func chart(t *testing.T) string {
	t.Helper()
	for name := range checksums(t) {
		if strings.HasSuffix(name, ".tgz") {
			return name
		}
	}
	t.Fatal("there is no chart")
	return ""
}

func TestChartNamesTheVersion(t *testing.T) {
	entries := readTar(t, filepath.Join(made.top, "dist", chart(t)))
	text := string(entries["vectara-job-operator/Chart.yaml"].data)
	if !strings.Contains(text, "\nappVersion: "+made.version+"\n") && !strings.HasPrefix(text, "appVersion: "+made.version+"\n") {
		t.Errorf("the chart is not of the version %s:\n%s", made.version, text)
	}
}

func TestArchivesHoldWhatTheySay(t *testing.T) {
	for _, p := range products() {
		t.Run(p.base(), func(t *testing.T) {
			want := map[string]os.FileMode{p.binary(): 0o755, "LICENSE": 0o644}
			if p.name == "kubectl-vectara" {
				want["kubectl_complete-vectara"] = 0o755
			}
			for name, e := range unpack(t, p) {
				if mode, expected := want[name]; !expected || mode != e.mode {
					t.Errorf("%s has the mode %v, want %v", name, e.mode, mode)
				}
				if !e.modified.Equal(made.date) {
					t.Errorf("%s is of %v, not of the time of the sources, %v", name, e.modified, made.date)
				}
				if e.owner != "root" && p.os != "windows" {
					t.Errorf("%s is owned by %q", name, e.owner)
				}
				delete(want, name)
			}
			if len(want) > 0 {
				t.Errorf("it lacks %v", want)
			}
		})
	}
}

func TestBinariesAreForTheirPlatforms(t *testing.T) {
	for _, p := range products() {
		info, err := buildinfo.ReadFile(write(t, unpack(t, p)[p.binary()].data))
		if err != nil {
			t.Errorf("%s: %v", p.base(), err)
			continue
		}
		settings := map[string]string{}
		for _, setting := range info.Settings {
			settings[setting.Key] = setting.Value
		}
		for key, want := range map[string]string{"GOOS": p.os, "GOARCH": p.arch, "CGO_ENABLED": "0", "-trimpath": "true", "vcs": ""} {
			if settings[key] != want {
				t.Errorf("%s was built with %s=%s, want %s", p.base(), key, settings[key], want)
			}
		}
	}
}

// write writes an executable, and returns its path.
func write(t *testing.T, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "binary")
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBinariesKnowTheirVersion(t *testing.T) {
	for _, p := range products() {
		if p.os != runtime.GOOS || p.arch != runtime.GOARCH {
			continue
		}
		argument := "--version"
		if p.name == "kubectl-vectara" {
			argument = "version"
		}
		output, err := run(write(t, unpack(t, p)[p.binary()].data), argument)
		if err != nil || !strings.Contains(output, made.version) {
			t.Errorf("%s says %q (%v), want the version %s", p.base(), output, err, made.version)
		}
	}
}

// TestBinariesAreThoseOfTheBuildScript compares one of each: what goreleaser builds is what "make build" and the image have.
func TestBinariesAreThoseOfTheBuildScript(t *testing.T) {
	for _, p := range []product{{"manager", "linux", "amd64"}, {"kubectl-vectara", "windows", "arm64"}} {
		source := "./cmd"
		if p.name == "kubectl-vectara" {
			source = "./cmd/kubectl-vectara"
		}
		output := filepath.Join(t.TempDir(), p.binary())
		if _, err := run("env", "VERSION="+made.version, "GOOS="+p.os, "GOARCH="+p.arch, "hack/build.sh", source, output); err != nil {
			t.Fatal(err)
		}
		built, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		if digest(built) != digest(unpack(t, p)[p.binary()].data) {
			t.Errorf("%s has another binary than hack/build.sh builds", p.base())
		}
	}
}

func TestEachBinaryHasAnSBOM(t *testing.T) {
	for _, p := range products() {
		var sbom struct {
			BOMFormat string `json:"bomFormat"`
			Metadata  struct {
				Component struct{ Version string }
			} `json:"metadata"`
			Components []struct{ Name string } `json:"components"`
		}
		if err := json.Unmarshal(read(t, p.base()+".cdx.json"), &sbom); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range sbom.Components {
			names = append(names, c.Name)
		}
		if sbom.BOMFormat != "CycloneDX" || sbom.Metadata.Component.Version != made.version || !slices.Contains(names, "k8s.io/client-go") {
			t.Errorf("%s has no SBOM of its version that names client-go: %s %s %d modules",
				p.base(), sbom.BOMFormat, sbom.Metadata.Component.Version, len(names))
		}
	}
}
