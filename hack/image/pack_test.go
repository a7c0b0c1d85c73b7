// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"debug/elf"
	"encoding/hex"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// TestTwoBuildsAreIdentical compares every file, the packer itself included.
func TestTwoBuildsAreIdentical(t *testing.T) {
	first, second := digests(t, built.output), digests(t, built.another)
	if len(first) < 10 {
		t.Errorf("there are only %d files: %v", len(first), first)
	}
	for name, digest := range first {
		if second[name] != digest {
			t.Errorf("%s is %s in a repository and %s in an archive of it", name, digest, second[name])
		}
	}
	if len(first) != len(second) {
		t.Errorf("there are %d files and %d", len(first), len(second))
	}
}

func digests(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		sum := sha256.Sum256(content)
		all[strings.TrimPrefix(path, folder)] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func layoutImages(t *testing.T) map[string]v1.Image {
	t.Helper()
	index, _, err := readLayout(filepath.Join(built.output, layoutFolder))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Errorf("the index is not valid: %v", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	expectLabels(t, "the index", manifest.Annotations)
	images := imagesOf(t, index)
	if got := slices.Sorted(maps.Keys(images)); !slices.Equal(got, []string{"linux/amd64", "linux/arm64"}) {
		t.Fatalf("the platforms are %v", got)
	}
	return images
}

func expectLabels(t *testing.T, what string, got map[string]string) {
	t.Helper()
	created, err := time.Parse(time.RFC3339, made)
	if err != nil {
		t.Fatal(err)
	}
	if want := labels(version, built.revision, created); !maps.Equal(got, want) {
		t.Errorf("the labels of %s are %v, want %v", what, got, want)
	}
	for _, name := range []string{"title", "description", "source", "revision", "version", "licenses", "created"} {
		if got["org.opencontainers.image."+name] == "" {
			t.Errorf("%s has no label %s", what, name)
		}
	}
}

func TestImages(t *testing.T) {
	machines := map[string]elf.Machine{"linux/amd64": elf.EM_X86_64, "linux/arm64": elf.EM_AARCH64}
	for platform, image := range layoutImages(t) {
		t.Run(platform, func(t *testing.T) {
			config, err := image.ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			if got := config.Platform().String(); got != platform {
				t.Errorf("the platform of the configuration is %s", got)
			}
			if config.Config.User != "65532:65532" || !slices.Equal(config.Config.Entrypoint, []string{"/manager"}) || len(config.Config.Cmd) > 0 {
				t.Errorf("it runs %v %v as %s", config.Config.Entrypoint, config.Config.Cmd, config.Config.User)
			}
			if got := config.Created.UTC().Format(time.RFC3339); got != made {
				t.Errorf("it was created at %s, want the time of the commit", got)
			}
			expectLabels(t, "the image", config.Config.Labels)
			manifest, err := image.Manifest()
			if err != nil {
				t.Fatal(err)
			}
			expectLabels(t, "the manifest", manifest.Annotations)
			expectFiles(t, image, filepath.Join(built.output, platform, "manager"), machines[platform])
		})
	}
}

func expectFiles(t *testing.T, image v1.Image, binary string, machine elf.Machine) {
	t.Helper()
	want := map[string]int64{ // All there is: no shell, no package manager, no library.
		"etc": 0o755, "etc/group": 0o644, "etc/passwd": 0o644, "etc/ssl": 0o755, "etc/ssl/certs": 0o755,
		"etc/ssl/certs/ca-certificates.crt": 0o644, "tmp": 0o1777, "manager": 0o755,
	}
	files := map[string]int64{}
	eachFile(t, image, func(header *tar.Header, archive io.Reader) {
		name := strings.TrimSuffix(header.Name, "/")
		files[name] = header.Mode
		if header.Uid != 0 || header.Gid != 0 || header.ModTime.UTC().Format(time.RFC3339) != made {
			t.Errorf("%s belongs to %d:%d and is of %v", name, header.Uid, header.Gid, header.ModTime.UTC())
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		switch name {
		case "manager":
			expectBinary(t, content, binary, machine)
		case "etc/ssl/certs/ca-certificates.crt":
			expectRoots(t, content)
		case "etc/passwd":
			if !bytes.Contains(content, []byte("\nnonroot:x:65532:65532:")) {
				t.Errorf("the users are %s", content)
			}
		}
	})
	if !maps.Equal(files, want) {
		t.Errorf("the files are %v, want %v", files, want)
	}
}

func expectBinary(t *testing.T, content []byte, path string, machine elf.Machine) {
	t.Helper()
	if onDisk, err := os.ReadFile(path); err != nil || !bytes.Equal(onDisk, content) {
		t.Errorf("the manager is not the one in %s (%v)", path, err)
	}
	file, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if file.Machine != machine {
		t.Errorf("the manager is for %v, want %v", file.Machine, machine)
	}
	if libraries, err := file.ImportedLibraries(); err == nil && len(libraries) > 0 {
		t.Errorf("the manager needs %v, which the image lacks", libraries)
	}
	if file.Section(".symtab") != nil {
		t.Error("the manager has its symbols")
	}
}

func expectRoots(t *testing.T, content []byte) {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		t.Fatal("there are no CA certificates")
	}
	want, constrained := x509.NewCertPool(), 0
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			constrained++
			continue
		}
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		want.AddCert(certificate)
	}
	if !pool.Equal(want) {
		t.Errorf("the CA certificates are not Mozilla's without the %d constrained ones", constrained)
	}
	for _, name := range []string{"CN=ISRG Root X1,", "CN=Amazon Root CA 1,", "CN=GTS Root R1,", "CN=DigiCert Global Root G2,"} {
		if !bytes.Contains(content, []byte(name)) {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestArchives reads the archives as "docker load" does, by the name that "make deploy" uses.
func TestArchives(t *testing.T) {
	for platform, image := range layoutImages(t) {
		path := filepath.Join(built.output, "manager-"+strings.ReplaceAll(platform, "/", "-")+".tar")
		manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(path) })
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"ghcr.io/vectara-job-operator/vectara-job-operator:" + version}
		if len(manifest) != 1 || !slices.Equal(manifest[0].RepoTags, want) {
			t.Errorf("the archive for %s has %v, want %v", platform, manifest, want)
		}
		loaded, err := tarball.ImageFromPath(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(loaded); err != nil {
			t.Errorf("the archive for %s is not valid: %v", platform, err)
		}
		got, err := loaded.ConfigName()
		if err != nil {
			t.Fatal(err)
		}
		if want, err := image.ConfigName(); err != nil || got != want {
			t.Errorf("the archive for %s has the image %s, want %s (%v)", platform, got, want, err)
		}
	}
}
