// SPDX-License-Identifier: Apache-2.0

package release

import (
	"path"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestKrewFindsThePlugin installs the plugin for each platform as Krew does, but for the download: it compares the checksum, and
// looks for the binary in the archive.
func TestKrewFindsThePlugin(t *testing.T) {
	var manifest struct {
		Spec struct {
			Version   string `json:"version"`
			Platforms []struct {
				URI      string `json:"uri"`
				SHA256   string `json:"sha256"`
				Bin      string `json:"bin"`
				Selector struct {
					MatchLabels struct{ OS, Arch string } `json:"matchLabels"`
				} `json:"selector"`
			} `json:"platforms"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(read(t, "vectara.yaml"), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Spec.Version != made.version {
		t.Errorf("the version is %q, want %s", manifest.Spec.Version, made.version)
	}
	found := map[product]bool{}
	for _, platform := range manifest.Spec.Platforms {
		p := product{"kubectl-vectara", platform.Selector.MatchLabels.OS, platform.Selector.MatchLabels.Arch}
		found[p] = true
		if path.Base(platform.URI) != p.archive() {
			t.Errorf("%v is at %s, want %s", p, platform.URI, p.archive())
		}
		if want := digest(read(t, p.archive())); platform.SHA256 != want {
			t.Errorf("the checksum of %v is %s, want %s", p, platform.SHA256, want)
		}
		if e := unpack(t, p)[platform.Bin]; len(e.data) == 0 || e.mode&0o111 == 0 {
			t.Errorf("the archive of %v has no executable %s", p, platform.Bin)
		}
	}
	for _, p := range products() {
		if p.name == "kubectl-vectara" && !found[p] {
			t.Errorf("Krew has no %v", p)
		}
	}
}
