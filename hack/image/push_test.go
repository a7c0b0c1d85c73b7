// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// startRegistry serves a registry on loopback, and returns its address.
func startRegistry(t *testing.T, options ...registry.Option) string {
	t.Helper()
	server := httptest.NewServer(registry.New(append(options, registry.Logger(log.New(io.Discard, "", 0)))...))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestPush(t *testing.T) {
	for how, referrers := range map[string]bool{"with the referrers API": true, "without": false} {
		t.Run("to a registry "+how, func(t *testing.T) {
			target := startRegistry(t, registry.WithReferrersSupport(referrers)) + "/operator:" + version
			printed, err := command(built.repository, "make", "--silent", "image-push", "REF="+target,
				"TOOLS="+tools(t), "--old-file="+filepath.Join(tools(t), "cyclonedx-gomod"), "--old-file=image")
			if err != nil {
				t.Fatal(err)
			}
			ref, err := name.ParseReference(target)
			if err != nil {
				t.Fatal(err)
			}
			index, err := remote.Index(ref)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate.Index(index); err != nil {
				t.Errorf("what was pulled is not valid: %v", err)
			}
			digest, err := index.Digest()
			if err != nil {
				t.Fatal(err)
			}
			if want := ref.Context().Digest(digest.String()).String(); printed != want {
				t.Errorf("printed %q, want the reference by digest, %s", printed, want)
			}
			local, _, err := readLayout(filepath.Join(built.output, layoutFolder))
			if err != nil {
				t.Fatal(err)
			}
			if want, err := local.Digest(); err != nil || want != digest {
				t.Errorf("pulled %s, want %s (%v)", digest, want, err)
			}
			for platform, image := range imagesOf(t, index) {
				expectSBOM(t, ref.Context(), platform, image)
			}
		})
	}
}

func tools(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "..", "bin", "tools"))
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// expectSBOM finds the SBOM of an image as its referrer.
func expectSBOM(t *testing.T, repository name.Repository, platform string, image v1.Image) {
	t.Helper()
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	referrers, err := remote.Referrers(repository.Digest(digest.String()))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := referrers.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 1 {
		t.Fatalf("the image for %s has %d referrers, want one", platform, len(manifest.Manifests))
	}
	artifact, err := remote.Image(repository.Digest(manifest.Manifests[0].Digest.String()))
	if err != nil {
		t.Fatal(err)
	}
	about, err := artifact.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if about.ArtifactType != "application/vnd.cyclonedx+json" || about.Subject == nil || about.Subject.Digest != digest {
		t.Errorf("the referrer is a %q about %v, want CycloneDX about %s", about.ArtifactType, about.Subject, digest)
	}
	blobs, err := artifact.Layers()
	if err != nil || len(blobs) != 1 {
		t.Fatalf("the referrer has %d blobs (%v), want one", len(blobs), err)
	}
	blob, err := blobs[0].Compressed() // As it is: nothing is compressed.
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close()
	got, err := io.ReadAll(blob)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(built.output, platform, "manager.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || !bytes.Contains(got, []byte("pkg:golang/sigs.k8s.io/controller-runtime@")) {
		t.Errorf("the SBOM of %s is not the one that was written: %.200s", platform, got)
	}
}

func TestPushThatARegistryRefuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(server.Close)
	if _, err := push(t.Context(), filepath.Join(built.output, layoutFolder), strings.TrimPrefix(server.URL, "http://")+"/a:b"); err == nil {
		t.Error("the push succeeded")
	}
}

func TestPushSaysWhatIsMissing(t *testing.T) {
	if _, err := command(built.repository, "make", "--silent", "image-push", "--old-file=image"); err == nil || !strings.Contains(err.Error(), "REF=") {
		t.Errorf("without REF the error is %v", err)
	}
}
