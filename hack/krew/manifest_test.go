// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"sigs.k8s.io/yaml"
)

const tag = "v1.2.3"

// plugin is what Krew requires of a manifest, and what of the rest we use.
// See https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/.
type plugin struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string     `json:"version"`
		Homepage         string     `json:"homepage"`
		ShortDescription string     `json:"shortDescription"`
		Description      string     `json:"description"`
		Caveats          string     `json:"caveats"`
		Platforms        []platform `json:"platforms"`
	} `json:"spec"`
}

type platform struct {
	URI      string `json:"uri"`
	SHA256   string `json:"sha256"`
	Bin      string `json:"bin"`
	Selector struct {
		MatchLabels struct {
			OS   string `json:"os"`
			Arch string `json:"arch"`
		} `json:"matchLabels"`
	} `json:"selector"`
}

var platforms = []string{"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64", "windows_amd64", "windows_arm64"}

// archives has what a release has of the plugin, each with other bytes.
func archives() fstest.MapFS {
	folder := fstest.MapFS{}
	for _, name := range platforms {
		folder[fileName(name)] = &fstest.MapFile{Data: []byte(name)}
	}
	return folder
}

func fileName(platform string) string {
	suffix := ".tar.gz"
	if strings.HasPrefix(platform, "windows") {
		suffix = ".zip"
	}
	return "kubectl-vectara_" + tag + "_" + platform + suffix
}

func templateText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", source))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func filled(t *testing.T) plugin {
	t.Helper()
	text, err := fill(templateText(t), tag, archives())
	if err != nil {
		t.Fatal(err)
	}
	var p plugin
	if err := yaml.UnmarshalStrict(text, &p); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return p
}

func TestManifestHasWhatKrewRequires(t *testing.T) {
	p := filled(t)
	if p.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || p.Kind != "Plugin" || p.Metadata.Name != "vectara" {
		t.Errorf("it is %s %s %s", p.APIVersion, p.Kind, p.Metadata.Name)
	}
	if p.Spec.Version != tag || p.Spec.Homepage == "" || p.Spec.Description == "" {
		t.Errorf("it lacks a version, a homepage or a description: %+v", p.Spec)
	}
	// What Krew's own check of its index requires.
	if short := p.Spec.ShortDescription; short == "" || len(short) > 50 || strings.HasSuffix(short, ".") {
		t.Errorf("the short description is %q: expected at most 50 characters and no full stop", short)
	}
}

func TestManifestHasEveryPlatformOnce(t *testing.T) {
	var got []string
	for _, p := range filled(t).Spec.Platforms {
		name := p.Selector.MatchLabels.OS + "_" + p.Selector.MatchLabels.Arch
		got = append(got, name)
		address, err := url.Parse(p.URI)
		if err != nil || address.Scheme != "https" || path.Base(path.Dir(address.Path)) != tag || path.Base(address.Path) != fileName(name) {
			t.Errorf("%s is at %s (%v)", name, p.URI, err)
		}
		if want := fmt.Sprintf("%x", sha256.Sum256([]byte(name))); p.SHA256 != want {
			t.Errorf("%s has the checksum %q, want %s", name, p.SHA256, want)
		}
		binary := "kubectl-vectara"
		if p.Selector.MatchLabels.OS == "windows" {
			binary += ".exe"
		}
		if p.Bin != binary {
			t.Errorf("%s has the binary %q, want %s", name, p.Bin, binary)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, platforms) {
		t.Errorf("the platforms are %s", got)
	}
}

func TestManifestNeedsEveryArchive(t *testing.T) {
	for _, name := range platforms {
		folder := archives()
		delete(folder, fileName(name))
		if _, err := fill(templateText(t), tag, folder); err == nil || !strings.Contains(err.Error(), fs.ErrNotExist.Error()) {
			t.Errorf("without the archive of %s: %v", name, err)
		}
	}
}
