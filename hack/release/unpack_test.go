// SPDX-License-Identifier: Apache-2.0

package release

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// entry is a file in an archive.
type entry struct {
	data     []byte
	mode     os.FileMode
	modified time.Time
	owner    string
}

// unpack returns what is in a product's archive, by name.
func unpack(t *testing.T, p product) map[string]entry {
	t.Helper()
	file := filepath.Join(made.folder, p.archive())
	if filepath.Ext(file) == ".zip" {
		return readZip(t, file)
	}
	return readTar(t, file)
}

func readTar(t *testing.T, name string) map[string]entry {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]entry{}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		entries[header.Name] = entry{data, header.FileInfo().Mode().Perm(), header.ModTime, header.Uname}
	}
}

func readZip(t *testing.T, name string) map[string]entry {
	t.Helper()
	archive, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	entries := map[string]entry{}
	for _, file := range archive.File {
		content, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		entries[file.Name] = entry{data: data, mode: file.Mode().Perm(), modified: file.Modified}
	}
	return entries
}
