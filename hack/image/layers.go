// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// The user that distroless images call nonroot. A number, so that Kubernetes can see that it is not root.
	userID = "65532"
	user   = userID + ":" + userID

	// Where Go looks for the system's roots first.
	rootsFile = "etc/ssl/certs/ca-certificates.crt"
	// entrypoint is the manager.
	entrypoint = "manager"

	// No group and no others can write, so that not even the manager can change itself.
	executable = 0o755
	readable   = 0o644
	folder     = 0o755
	sticky     = 0o1777
)

// entry is a file, or a folder if it has no content.
type entry struct {
	name    string
	mode    int64
	content []byte
}

// baseEntries are what a static binary expects of a system.
func baseEntries(roots []byte) []entry {
	return []entry{
		{name: "etc/", mode: folder},
		{name: "etc/group", mode: readable, content: []byte("root:x:0:\nnonroot:x:" + userID + ":\n")},
		{name: "etc/passwd", mode: readable, content: []byte("root:x:0:0:root:/:/sbin/nologin\nnonroot:x:" + user + ":nonroot:/:/sbin/nologin\n")},
		{name: "etc/ssl/", mode: folder},
		{name: "etc/ssl/certs/", mode: folder},
		{name: rootsFile, mode: readable, content: roots},
		{name: "tmp/", mode: sticky},
	}
}

// layer packs entries, which all belong to root and are of one time.
func layer(entries []entry, created time.Time) (v1.Layer, error) {
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for _, e := range entries {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: created, Format: tar.FormatUSTAR,
		}
		if e.content == nil {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("packing %s: %w", e.name, err)
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, fmt.Errorf("packing %s: %w", e.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	return tarball.LayerFromOpener(open,
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithCompressedCaching)
}
