// SPDX-License-Identifier: Apache-2.0

// Command installer writes what config/default renders to one file that "kubectl apply" takes, with the image by its digest: the same
// file always installs the same bits. Run it in the top folder of the project, or with --config.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// options are what the flags say.
type options struct {
	source    imageSource
	version   string
	config    string
	kustomize string
	output    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "build-installer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	o, err := parse(arguments)
	if err != nil {
		return err
	}
	image, err := o.source.find()
	if err != nil {
		return err
	}
	manifests, err := render(ctx, o.kustomize, o.config, image)
	if err != nil {
		return err
	}
	if err := write(o.output, header(o.version)+manifests); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "build-installer: %s, with %s\n", o.output, image)
	return err
}

func parse(arguments []string) (options, error) {
	var o options
	f := flag.NewFlagSet("installer", flag.ContinueOnError)
	f.StringVar(&o.source.pinned, "pinned", "", "`name@sha256:digest` of the image; empty means that --image and --layout say it")
	f.StringVar(&o.source.image, "image", "", "`name:tag` of the image in the layout, or name@sha256:digest of another one")
	f.StringVar(&o.source.layout, "layout", "dist/image/oci", "`folder` with the layout that \"make image\" wrote")
	f.StringVar(&o.version, "version", "", "`version` of the sources")
	f.StringVar(&o.config, "config", "config", "`folder` with the kustomizations")
	f.StringVar(&o.kustomize, "kustomize", "bin/tools/kustomize", "`path` of kustomize")
	f.StringVar(&o.output, "output", "dist/install.yaml", "`file` to write")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	if f.NArg() > 0 || o.version == "" {
		return o, errors.New("expected --version, and no arguments")
	}
	return o, nil
}
