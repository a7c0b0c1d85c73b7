// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	digest  = "sha256:1f5e0d2c3b4a59687786958493a2b1c0d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f"
	another = "sha256:2f5e0d2c3b4a59687786958493a2b1c0d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f"
	sbom    = `{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "` + another + `"}`
	image   = `{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": "` + digest + `", "annotations": {"org.opencontainers.image.ref.name": "v1"}}`
)

// layoutOf writes a layout with an index of these descriptors, and the image.
func layoutOf(t *testing.T, descriptors ...string) string {
	t.Helper()
	folder := t.TempDir()
	put(t, filepath.Join(folder, "index.json"), `{"schemaVersion": 2, "manifests": [`+strings.Join(descriptors, ",")+`]}`)
	put(t, filepath.Join(folder, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:")), "{}")
	return folder
}

func put(t *testing.T, name, content string) {
	t.Helper()
	if err := write(name, content); err != nil {
		t.Fatal(err)
	}
}

func TestImageIsFound(t *testing.T) {
	const name = "registry.example.com:5000/a/b"
	layout := layoutOf(t, image, sbom)
	for what, tt := range map[string]struct {
		source imageSource
		want   string
	}{
		"in the layout":                          {imageSource{image: name + ":v1", layout: layout}, name + "@" + digest},
		"in the image's name, without a layout":  {imageSource{image: name + "@" + another, layout: "nowhere"}, name + "@" + another},
		"where it is pinned, whatever else":      {imageSource{pinned: "b@" + another, image: name + ":v1", layout: layout}, "b@" + another},
		"where it is pinned, with a tag besides": {imageSource{pinned: "b:v2@" + another, layout: "nowhere"}, "b:v2@" + another},
	} {
		t.Run(what, func(t *testing.T) {
			if got, err := tt.source.find(); err != nil || got != tt.want {
				t.Errorf("It is %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

func TestImageIsNotFound(t *testing.T) {
	empty := layoutOf(t, image)
	if err := os.RemoveAll(filepath.Join(empty, "blobs")); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	put(t, filepath.Join(broken, "index.json"), "{")
	for what, tt := range map[string]struct {
		source imageSource
		want   string
	}{
		"neither a layout nor a digest":      {imageSource{image: "a:v1", layout: "nowhere"}, `either the layout nowhere, which "make image" writes, or INSTALLER_IMAGE=name@sha256:digest; there is neither`},
		"pinned without a digest":            {imageSource{pinned: "a:v1", image: "a:v1", layout: layoutOf(t, image)}, "INSTALLER_IMAGE: expected name@sha256:digest"},
		"pinned to a digest that is cut":     {imageSource{pinned: "a@sha256:12"}, "INSTALLER_IMAGE: expected name@sha256:digest"},
		"no image":                           {imageSource{layout: layoutOf(t, image)}, "IMG: expected name:tag"},
		"an image of another build":          {imageSource{image: "a:v2", layout: layoutOf(t, image)}, "has the image with the tag v1, expected v2"},
		"a layout of SBOMs alone":            {imageSource{image: "a:v1", layout: layoutOf(t, sbom)}, "no image with a tag"},
		"a layout with two images":           {imageSource{image: "a:v1", layout: layoutOf(t, image, image)}, "several images"},
		"a layout without what it names":     {imageSource{image: "a:v1", layout: empty}, "which is not in the layout"},
		"a layout that cannot be read":       {imageSource{image: "a:v1", layout: broken}, `run "make image" again`},
		"a layout with a digest that is cut": {imageSource{image: "a:v1", layout: layoutOf(t, strings.Replace(image, digest, "sha256:12", 1))}, "no image with a tag and a digest"},
	} {
		t.Run(what, func(t *testing.T) {
			if got, err := tt.source.find(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("It is %q (%v), want an error with %q", got, err, tt.want)
			}
		})
	}
}

func TestFlagsOfTheCommand(t *testing.T) {
	for _, arguments := range [][]string{nil, {"--image=a:v1"}, {"--version=v1", "more"}, {"--wrong"}} {
		if _, err := parse(arguments); err == nil {
			t.Errorf("%q is accepted", arguments)
		}
	}
	if o, err := parse([]string{"--version=v1", "--pinned=b"}); err != nil || o.version != "v1" || o.source.pinned != "b" || o.output != "dist/install.yaml" {
		t.Errorf("The options are %+v (%v)", o, err)
	}
}
