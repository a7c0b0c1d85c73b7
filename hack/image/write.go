// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// layoutFolder is the OCI layout in the output folder.
const layoutFolder = "oci"

// refName is the annotation by which tools find an image in a layout.
const refName = "org.opencontainers.image.ref.name"

// write packs contents into a folder: a layout with all platforms and their SBOMs, and an archive for docker of each platform.
func write(c contents, output, ref string, out io.Writer) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return fmt.Errorf("the reference of the image: %w", err)
	}
	p, err := pack(c)
	if err != nil {
		return err
	}
	to := filepath.Join(output, layoutFolder)
	if err := os.RemoveAll(to); err != nil { // A layout may be appended to, so that blobs of another build would stay.
		return err
	}
	if err := writeLayout(p, to, tag.TagStr()); err != nil {
		return fmt.Errorf("writing %s: %w", to, err)
	}
	digest, err := p.index.Digest()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "image: %s is %s\n", to, digest)
	for _, image := range p.images {
		archive := filepath.Join(output, fmt.Sprintf("manager-%s-%s.tar", image.platform.OS, image.platform.Architecture))
		if err := tarball.WriteToFile(archive, tag, image.image); err != nil {
			return fmt.Errorf("writing %s: %w", archive, err)
		}
		fmt.Fprintf(out, "image: %s is %s for docker load, podman load and ctr image import\n", archive, tag)
	}
	return nil
}

func writeLayout(p packed, to, tag string) error {
	path, err := layout.Write(to, empty.Index)
	if err != nil {
		return err
	}
	if err := path.AppendIndex(p.index, layout.WithAnnotations(map[string]string{refName: tag})); err != nil {
		return err
	}
	for _, image := range p.images {
		if err := path.AppendImage(image.sbom); err != nil {
			return err
		}
	}
	return nil
}

// readLayout reads what writeLayout wrote: the index, and the manifests that refer to its images.
func readLayout(from string) (v1.ImageIndex, []v1.Image, error) {
	path, err := layout.FromPath(from)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the layout: %w", err)
	}
	top, err := path.ImageIndex()
	if err != nil {
		return nil, nil, err
	}
	manifest, err := top.IndexManifest()
	if err != nil {
		return nil, nil, err
	}
	var index v1.ImageIndex
	var referrers []v1.Image
	for _, descriptor := range manifest.Manifests {
		if descriptor.MediaType.IsIndex() {
			if index, err = top.ImageIndex(descriptor.Digest); err != nil {
				return nil, nil, err
			}
			continue
		}
		referrer, err := top.Image(descriptor.Digest)
		if err != nil {
			return nil, nil, err
		}
		referrers = append(referrers, referrer)
	}
	if index == nil {
		return nil, nil, fmt.Errorf("%s has no image", from)
	}
	return index, referrers, nil
}
