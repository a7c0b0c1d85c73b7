// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// contents are what an image is made of. The same contents make the same image, bit for bit.
type contents struct {
	version  string
	revision string
	created  time.Time
	roots    []byte // in PEM
	managers []manager
}

// manager is a manager for a platform.
type manager struct {
	platform string
	binary   string // its file
	sbom     string // the file that says what it was built of
}

// packed is an image for several platforms.
type packed struct {
	index  v1.ImageIndex
	images []packedImage
}

// packedImage is the image for one of them.
type packedImage struct {
	platform v1.Platform
	image    v1.Image
	sbom     *sbom
}

func pack(c contents) (packed, error) {
	base, err := layer(baseEntries(c.roots), c.created)
	if err != nil {
		return packed{}, err
	}
	p := packed{index: mutate.IndexMediaType(empty.Index, types.OCIImageIndex)}
	for _, m := range c.managers {
		image, err := packImage(c, m, base)
		if err != nil {
			return packed{}, fmt.Errorf("packing for %s: %w", m.platform, err)
		}
		p.images = append(p.images, image)
		p.index = mutate.AppendManifests(p.index, mutate.IndexAddendum{
			Add: image.image, Descriptor: v1.Descriptor{Platform: &image.platform},
		})
	}
	// Registries show these for the image as a whole.
	annotated, ok := mutate.Annotations(p.index, labels(c.version, c.revision, c.created)).(v1.ImageIndex)
	if !ok {
		return packed{}, fmt.Errorf("annotating the index made something else of it: %T", p.index)
	}
	p.index = annotated
	return p, nil
}

func packImage(c contents, m manager, base v1.Layer) (packedImage, error) {
	platform, err := v1.ParsePlatform(m.platform)
	if err != nil {
		return packedImage{}, err
	}
	binary, err := os.ReadFile(m.binary)
	if err != nil {
		return packedImage{}, err
	}
	top, err := layer([]entry{{name: entrypoint, mode: executable, content: binary}}, c.created)
	if err != nil {
		return packedImage{}, err
	}
	all := labels(c.version, c.revision, c.created)
	image := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{
		OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant,
		Created: v1.Time{Time: c.created},
		RootFS:  v1.RootFS{Type: "layers"},
		Config:  v1.Config{Entrypoint: []string{"/" + entrypoint}, User: user, WorkingDir: "/", Labels: maps.Clone(all)},
	})
	if err != nil {
		return packedImage{}, err
	}
	image, err = mutate.Append(image,
		mutate.Addendum{Layer: base, History: history(c, "users, CA certificates, /tmp")},
		mutate.Addendum{Layer: top, History: history(c, "/"+entrypoint)},
	)
	if err != nil {
		return packedImage{}, err
	}
	annotated, ok := mutate.Annotations(image, all).(v1.Image)
	if !ok {
		return packedImage{}, fmt.Errorf("annotating the image made something else of it: %T", image)
	}
	subject, err := describe(annotated)
	if err != nil {
		return packedImage{}, err
	}
	about, err := os.ReadFile(m.sbom)
	if err != nil {
		return packedImage{}, err
	}
	attached, err := newSBOM(about, subject, c.created)
	if err != nil {
		return packedImage{}, err
	}
	return packedImage{platform: *platform, image: annotated, sbom: attached}, nil
}

func history(c contents, what string) v1.History {
	return v1.History{Created: v1.Time{Time: c.created}, CreatedBy: "make image: " + what}
}
