// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	cycloneDX  = "application/vnd.cyclonedx+json"
	emptyType  = "application/vnd.oci.empty.v1+json"
	emptyJSON  = "{}"
	schemaOCI2 = 2
)

// sbom is a manifest that says what an image was built of, and refers to the image as its subject: registries list it among the
// image's referrers. It implements v1.Image, so that it can be written and pushed as one.
type sbom struct {
	manifest *v1.Manifest
	raw      []byte
	content  v1.Layer
	config   v1.Layer
}

var _ v1.Image = (*sbom)(nil)

// describe describes an image for a manifest that refers to it.
func describe(image v1.Image) (v1.Descriptor, error) {
	digest, err := image.Digest()
	if err != nil {
		return v1.Descriptor{}, err
	}
	size, err := image.Size()
	if err != nil {
		return v1.Descriptor{}, err
	}
	mediaType, err := image.MediaType()
	return v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size}, err
}

func newSBOM(content []byte, subject v1.Descriptor, created time.Time) (*sbom, error) {
	if !json.Valid(content) {
		return nil, fmt.Errorf("the SBOM is no JSON: %.40q", content)
	}
	s := &sbom{
		content: static.NewLayer(content, cycloneDX),
		config:  static.NewLayer([]byte(emptyJSON), emptyType),
	}
	layer, err := describeBlob(s.content)
	if err != nil {
		return nil, err
	}
	layer.Annotations = map[string]string{"org.opencontainers.image.title": "manager.cdx.json"}
	config, err := describeBlob(s.config)
	if err != nil {
		return nil, err
	}
	s.manifest = &v1.Manifest{
		SchemaVersion: schemaOCI2,
		MediaType:     types.OCIManifestSchema1,
		ArtifactType:  cycloneDX,
		Config:        config,
		Layers:        []v1.Descriptor{layer},
		Subject:       &subject,
		Annotations:   map[string]string{"org.opencontainers.image.created": created.Format(time.RFC3339)},
	}
	s.raw, err = json.Marshal(s.manifest)
	return s, err
}

func describeBlob(blob v1.Layer) (v1.Descriptor, error) {
	digest, err := blob.Digest()
	if err != nil {
		return v1.Descriptor{}, err
	}
	size, err := blob.Size()
	if err != nil {
		return v1.Descriptor{}, err
	}
	mediaType, err := blob.MediaType()
	return v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size}, err
}

// MediaType implements v1.Image.
func (s *sbom) MediaType() (types.MediaType, error) { return s.manifest.MediaType, nil }

// Size implements v1.Image.
func (s *sbom) Size() (int64, error) { return int64(len(s.raw)), nil }

// Digest implements v1.Image.
func (s *sbom) Digest() (v1.Hash, error) {
	digest, _, err := v1.SHA256(bytes.NewReader(s.raw))
	return digest, err
}

// Manifest implements v1.Image.
func (s *sbom) Manifest() (*v1.Manifest, error) { return s.manifest.DeepCopy(), nil }

// RawManifest implements v1.Image.
func (s *sbom) RawManifest() ([]byte, error) { return s.raw, nil }

// ConfigName implements v1.Image.
func (s *sbom) ConfigName() (v1.Hash, error) { return s.config.Digest() }

// ConfigFile implements v1.Image.
func (s *sbom) ConfigFile() (*v1.ConfigFile, error) { return &v1.ConfigFile{}, nil }

// RawConfigFile implements v1.Image.
func (s *sbom) RawConfigFile() ([]byte, error) { return []byte(emptyJSON), nil }

// Layers implements v1.Image.
func (s *sbom) Layers() ([]v1.Layer, error) { return []v1.Layer{s.content}, nil }

// LayerByDigest implements v1.Image.
func (s *sbom) LayerByDigest(digest v1.Hash) (v1.Layer, error) {
	for _, blob := range []v1.Layer{s.content, s.config} {
		if own, err := blob.Digest(); err == nil && own == digest {
			return blob, nil
		}
	}
	return nil, fmt.Errorf("the SBOM has no blob %s", digest)
}

// LayerByDiffID implements v1.Image. Nothing here is compressed, so that both digests are the same.
func (s *sbom) LayerByDiffID(digest v1.Hash) (v1.Layer, error) { return s.LayerByDigest(digest) }
