// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/manifests"
)

// kubectl applies manifests to the API server that its kubeconfig names.
type kubectl struct {
	path       string
	kubeconfig string
}

// prepare creates, for real, the namespaces that the bundles need: a dry run creates none, and the API server refuses
// objects of a namespace that does not exist.
func (k kubectl) prepare(ctx context.Context, bundles []bundle) error {
	if err := k.apply(ctx, manifests.Join(namespaces(bundles))); err != nil {
		return fmt.Errorf("create namespaces: %w", err)
	}
	return nil
}

// dryRun checks whether the API server would accept the bundle.
func (k kubectl) dryRun(ctx context.Context, b bundle) error {
	if len(b.objects) == 0 {
		return nil
	}
	return k.apply(ctx, manifests.Join(b.objects), "--dry-run=server", "--validate=strict", "--warnings-as-errors")
}

func (k kubectl) apply(ctx context.Context, stream []byte, options ...string) error {
	if len(stream) == 0 {
		return nil
	}
	arguments := append([]string{"--kubeconfig", k.kubeconfig, "apply", "--server-side", "--force-conflicts", "--filename", "-"}, options...)
	command := exec.CommandContext(ctx, k.path, arguments...)
	command.Stdin = bytes.NewReader(stream)
	var refusal bytes.Buffer
	command.Stderr = &refusal
	if err := command.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(refusal.String()))
	}
	return nil
}

// namespaces are the namespaces that the bundles define, and bare ones for those that they only mention. They come in
// lexical order; of several definitions of one namespace the last holds.
func namespaces(bundles []bundle) []manifests.Object {
	needed := map[string]manifests.Object{}
	for _, b := range bundles {
		for _, object := range b.objects {
			if name := object.Metadata.Namespace; name != "" {
				if _, ok := needed[name]; !ok {
					needed[name] = bareNamespace(name)
				}
			}
			if object.APIVersion == "v1" && object.Kind == "Namespace" {
				needed[object.Metadata.Name] = object
			}
		}
	}
	var objects []manifests.Object
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		objects = append(objects, needed[name])
	}
	return objects
}

func bareNamespace(name string) manifests.Object {
	return manifests.Object{
		APIVersion: "v1",
		Kind:       "Namespace",
		YAML:       fmt.Appendf(nil, "{apiVersion: v1, kind: Namespace, metadata: {name: %q}}", name),
	}
}
