// SPDX-License-Identifier: Apache-2.0

// Command image packs the manager into an image without a container engine, and pushes it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const usage = `image packs the manager into an image, and pushes it.

  image pack --output=DIR --reference=REF --version=V --revision=R --created=SECONDS --manager=OS/ARCH=FILE,SBOM ...
  image push --layout=DIR REF`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	if len(arguments) == 0 {
		return errors.New("expected a command\n" + usage)
	}
	switch command, rest := arguments[0], arguments[1:]; command {
	case "pack":
		return runPack(rest, out)
	case "push":
		return runPush(ctx, rest, out)
	default:
		return fmt.Errorf("expected pack or push, got %q\n%s", command, usage)
	}
}

func runPack(arguments []string, out io.Writer) error {
	var (
		c       contents
		output  string
		ref     string
		created int64
	)
	f := flag.NewFlagSet("pack", flag.ContinueOnError)
	f.StringVar(&output, "output", "", "`folder` that gets the layout and the archives")
	f.StringVar(&ref, "reference", "", "`name:tag` of the image in the archives")
	f.StringVar(&c.version, "version", "", "`version` of the sources")
	f.StringVar(&c.revision, "revision", "", "`commit` of the sources")
	f.Int64Var(&created, "created", 0, "time of everything in the image, in `seconds` since 1970")
	f.Func("manager", "`os/arch=binary,sbom`, once for each platform", func(value string) error {
		platform, files, ok := strings.Cut(value, "=")
		binary, sbom, both := strings.Cut(files, ",")
		if !ok || !both {
			return errors.New("expected OS/ARCH=FILE,SBOM")
		}
		c.managers = append(c.managers, manager{platform: platform, binary: binary, sbom: sbom})
		return nil
	})
	if err := f.Parse(arguments); err != nil {
		return err
	}
	if output == "" || c.version == "" || c.revision == "" || len(c.managers) == 0 || f.NArg() > 0 {
		return errors.New("expected all flags of pack, and no arguments\n" + usage)
	}
	c.created = time.Unix(created, 0).UTC()
	var err error
	if c.roots, err = publicRoots(); err != nil {
		return err
	}
	return write(c, output, ref, out)
}

func runPush(ctx context.Context, arguments []string, out io.Writer) error {
	f := flag.NewFlagSet("push", flag.ContinueOnError)
	folder := f.String("layout", "", "`folder` with the layout that pack wrote")
	if err := f.Parse(arguments); err != nil {
		return err
	}
	if *folder == "" || f.NArg() != 1 || f.Arg(0) == "" {
		return errors.New("expected --layout and one reference\n" + usage)
	}
	pushed, err := push(ctx, *folder, f.Arg(0))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, pushed)
	return err
}
