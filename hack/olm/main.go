// SPDX-License-Identifier: Apache-2.0

// Command olm writes the operator's bundle for the Operator Lifecycle Manager, from the manifests that Kustomize renders (on standard
// input), the CRDs among them, and the samples. Nothing of the bundle is written by hand but the texts in about.go.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sigs.k8s.io/yaml"
)

func main() {
	var o options
	flag.StringVar(&o.version, "version", "", "semantic `version` of the bundle, without a v")
	flag.StringVar(&o.samples, "samples", "config/samples", "`folder` of the samples")
	flag.StringVar(&o.output, "output", "dist/bundle", "`folder` to write")
	flag.Int64Var(&o.time, "time", 0, "`seconds` since 1970 at which the sources were committed")
	flag.Parse()
	if err := run(o, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "olm:", err)
		os.Exit(1)
	}
}

type options struct {
	version, samples, output string
	time                     int64
}

func run(o options, manifests io.Reader) error {
	objects, err := readObjects(manifests)
	if err != nil {
		return err
	}
	examples, err := readExamples(o.samples)
	if err != nil {
		return err
	}
	csv, err := newCSV(objects, o.version, time.Unix(o.time, 0).UTC(), examples)
	if err != nil {
		return err
	}
	// What an earlier version had is not to stay.
	if err := os.RemoveAll(o.output); err != nil {
		return err
	}
	files := map[string]any{
		"manifests/" + packageName + ".clusterserviceversion.yaml": csv,
		"metadata/annotations.yaml":                                map[string]any{"annotations": bundleAnnotations()},
	}
	for _, object := range objects.others {
		files["manifests/"+fileName(object)] = object.Object
	}
	for name, content := range files {
		text, err := yaml.Marshal(content)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(o.output, name), text); err != nil {
			return err
		}
	}
	return write(filepath.Join(o.output, "Dockerfile"), dockerfile())
}

func write(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}
