// SPDX-License-Identifier: Apache-2.0

// Command krew writes the plugin's manifest for Krew: .krew.yaml, filled with a version and with the checksums of its archives.
// Run it in the top folder of the project, after the archives were made.
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"text/template"
)

// The template stands at the top of the repository, where krew-release-bot expects it.
const source = ".krew.yaml"

func main() {
	version := flag.String("version", "", "the `version` that is released, such as v1.2.3")
	archives := flag.String("archives", "dist/release", "`folder` of the archives")
	output := flag.String("output", "dist/release/vectara.yaml", "`file` to write")
	flag.Parse()
	if err := run(*version, *archives, *output); err != nil {
		fmt.Fprintln(os.Stderr, "krew:", err)
		os.Exit(1)
	}
}

func run(version, archives, output string) error {
	if version == "" {
		return fmt.Errorf("--version is missing")
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	filled, err := fill(string(text), version, os.DirFS(archives))
	if err != nil {
		return err
	}
	return os.WriteFile(output, filled, 0o644)
}

// fill fills the template in as krew-release-bot does, but for the archives: it looks into a folder where the bot downloads them.
func fill(text, version string, archives fs.FS) ([]byte, error) {
	// The template indents the first of the two lines, and not the second.
	addURIAndSHA := func(address, tagName string) (string, error) {
		uri, err := execute(address, tagName, nil)
		if err != nil {
			return "", err
		}
		archive, err := fs.ReadFile(archives, path.Base(string(uri)))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("uri: %s\n    sha256: %x", uri, sha256.Sum256(archive)), nil
	}
	filled, err := execute(text, version, template.FuncMap{"addURIAndSha": addURIAndSHA})
	if err != nil {
		return nil, err
	}
	// The comment at the top is about the template.
	_, manifest, found := bytes.Cut(filled, []byte("\napiVersion:"))
	if !found || !strings.HasPrefix(string(filled), "#") {
		return nil, fmt.Errorf("%s does not begin with a comment and apiVersion", source)
	}
	return append([]byte("apiVersion:"), manifest...), nil
}

func execute(text, version string, functions template.FuncMap) ([]byte, error) {
	parsed, err := template.New(source).Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	var output bytes.Buffer
	err = parsed.Execute(&output, map[string]string{"TagName": version})
	return output.Bytes(), err
}
