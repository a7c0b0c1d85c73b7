// SPDX-License-Identifier: Apache-2.0

// Package krew tests the template of the plugin's manifest for Krew, which stands at the top of the repository: that is
// where krew-release-bot expects it.
package krew

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

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

// addURIAndSha stands in for krew-release-bot's function of that name, which fills the tag into the address, fetches what
// is there, and writes two lines of which the second is indented by 4.
func addURIAndSha(address, tagName string) (string, error) {
	parsed, err := template.New("address").Parse(address)
	if err != nil {
		return "", err
	}
	var filled bytes.Buffer
	err = parsed.Execute(&filled, map[string]string{"TagName": tagName})
	return fmt.Sprintf("uri: %s\n    sha256: %s", &filled, strings.Repeat("0a", 32)), err
}

func rendered(t *testing.T) plugin {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", ".krew.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := template.New("manifest").Option("missingkey=error").
		Funcs(template.FuncMap{"addURIAndSha": addURIAndSha}).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var filled bytes.Buffer
	if err := manifest.Execute(&filled, map[string]string{"TagName": tag}); err != nil {
		t.Fatal(err)
	}
	var p plugin
	if err := yaml.UnmarshalStrict(filled.Bytes(), &p); err != nil {
		t.Fatalf("%v:\n%s", err, &filled)
	}
	return p
}

func TestManifestHasWhatKrewRequires(t *testing.T) {
	p := rendered(t)
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
	checksum := regexp.MustCompile(`^[a-f0-9]{64}$`)
	var platforms []string
	for _, p := range rendered(t).Spec.Platforms {
		name := p.Selector.MatchLabels.OS + "_" + p.Selector.MatchLabels.Arch
		platforms = append(platforms, name)
		address, err := url.Parse(p.URI)
		if err != nil || address.Scheme != "https" || !strings.HasSuffix(address.Path, "/"+tag+"/kubectl-vectara_"+tag+"_"+name+".tar.gz") {
			t.Errorf("%s is at %s (%v)", name, p.URI, err)
		}
		if !checksum.MatchString(p.SHA256) {
			t.Errorf("%s has the checksum %q", name, p.SHA256)
		}
		if p.Bin != "kubectl-vectara" {
			t.Errorf("%s has the binary %q", name, p.Bin)
		}
	}
	slices.Sort(platforms)
	if got := strings.Join(platforms, " "); got != "darwin_amd64 darwin_arm64 linux_amd64 linux_arm64" {
		t.Errorf("the platforms are %s", got)
	}
}
