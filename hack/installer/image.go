// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// refName is the annotation in a layout that has the tag of the image.
const refName = "org.opencontainers.image.ref.name"

var (
	pinnedImage = regexp.MustCompile(`^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$`)
	taggedImage = regexp.MustCompile(`^([a-z0-9][a-z0-9._-]*(?::[0-9]+)?(?:/[a-z0-9][a-z0-9._-]*)*):([A-Za-z0-9_][A-Za-z0-9_.-]*)$`)
)

// imageSource is where the digest of the image may come from.
type imageSource struct {
	pinned string // INSTALLER_IMAGE
	image  string // IMG
	layout string
}

// find returns the image by its digest: the one that was named with its digest, or else the one in the layout.
func (s imageSource) find() (string, error) {
	switch {
	case s.pinned != "":
		if !pinnedImage.MatchString(s.pinned) {
			return "", fmt.Errorf("INSTALLER_IMAGE: expected name@sha256:digest, as \"make image-push\" prints it, got %q", s.pinned)
		}
		return s.pinned, nil
	case pinnedImage.MatchString(s.image):
		return s.image, nil
	}
	name := taggedImage.FindStringSubmatch(s.image)
	if name == nil {
		return "", fmt.Errorf("IMG: expected name:tag or name@sha256:digest, got %q", s.image)
	}
	tag, digest, err := readLayout(s.layout)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("expected an image by its digest: either the layout %s, which \"make image\" writes, or INSTALLER_IMAGE=name@sha256:digest; there is neither", s.layout)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w; run \"make image\" again", s.layout, err)
	}
	if tag != name[2] {
		return "", fmt.Errorf("%s has the image with the tag %s, expected %s, as in %s: run \"make image\" again, or set INSTALLER_IMAGE=name@sha256:digest",
			s.layout, tag, name[2], s.image)
	}
	return name[1] + "@" + digest, nil
}

// readLayout reads the tag and the digest of the image in a layout, and checks that the image is there.
func readLayout(folder string) (tag, digest string, err error) {
	content, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if err != nil {
		return "", "", err
	}
	var index struct {
		Manifests []struct {
			Digest      string            `json:"digest"`
			Annotations map[string]string `json:"annotations"`
		} `json:"manifests"`
	}
	if err := json.Unmarshal(content, &index); err != nil {
		return "", "", fmt.Errorf("index.json: %w", err)
	}
	for _, manifest := range index.Manifests { // The others are SBOMs.
		if name := manifest.Annotations[refName]; name != "" {
			if tag != "" {
				return "", "", errors.New("index.json has several images")
			}
			tag, digest = name, manifest.Digest
		}
	}
	hash, ok := strings.CutPrefix(digest, "sha256:")
	if !ok || !pinnedImage.MatchString("x@"+digest) {
		return "", "", errors.New("index.json has no image with a tag and a digest")
	}
	if _, err := os.Stat(filepath.Join(folder, "blobs", "sha256", hash)); err != nil {
		return "", "", fmt.Errorf("index.json has the image %s, which is not in the layout", digest)
	}
	return tag, digest, nil
}
