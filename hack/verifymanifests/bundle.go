// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/manifests"
	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// foreignGroups are served only by clusters that have installed something: our API server does not know their kinds.
// A kind of any other group that it does not know is a mistake.
var foreignGroups = []string{"cert-manager.io", "monitoring.coreos.com"}

// bundle is what somebody would apply in one go.
type bundle struct {
	name    string
	objects []manifests.Object
	// skipped names the objects of foreign groups, which are left out.
	skipped []string
}

func (b bundle) String() string {
	if len(b.skipped) == 0 {
		return b.name
	}
	return fmt.Sprintf("%s (not checked, as their CRDs are not installed here: %s)", b.name, strings.Join(b.skipped, ", "))
}

// newBundle selects what the API server can check. It fails on documents that are no Kubernetes objects.
func newBundle(name string, stream []byte) (bundle, error) {
	objects, err := manifests.Split(stream)
	if err != nil {
		return bundle{}, fmt.Errorf("%s: %w", name, err)
	}
	b := bundle{name: name}
	for _, object := range objects {
		switch {
		case !object.IsObject():
			return bundle{}, fmt.Errorf("%s: a document lacks apiVersion or kind", name)
		case slices.Contains(foreignGroups, object.Group()):
			b.skipped = append(b.skipped, object.String())
		default:
			b.objects = append(b.objects, object)
		}
	}
	return b, nil
}

// hasNoSecret fails for a kustomization with a Secret: applied to a cluster that has one of that name, it would replace somebody's
// credentials.
func (b bundle) hasNoSecret() error {
	for _, object := range b.objects {
		if object.APIVersion == "v1" && object.Kind == "Secret" {
			return fmt.Errorf("%s has the %s, which would replace one of that name", b.name, object)
		}
	}
	return nil
}

// collect builds every kustomization and reads every block of the documentation.
func collect(ctx context.Context, tree fs.FS, kustomize string) ([]bundle, error) {
	folders, err := kustomizations(tree)
	if err != nil {
		return nil, err
	}
	var bundles []bundle
	for _, folder := range folders {
		stream, err := build(ctx, kustomize, folder)
		if err != nil {
			return nil, err
		}
		b, err := newBundle(folder, stream)
		if err != nil {
			return nil, err
		}
		if err := b.hasNoSecret(); err != nil {
			return nil, err
		}
		bundles = append(bundles, b)
	}
	documented, err := documentation(tree)
	return append(bundles, documented...), err
}

func build(ctx context.Context, kustomize, folder string) ([]byte, error) {
	command := exec.CommandContext(ctx, kustomize, "build", folder)
	var refusal bytes.Buffer
	command.Stderr = &refusal
	stream, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("kustomize build %s: %w\n%s", folder, err, refusal.String())
	}
	return stream, nil
}

// kustomizations are the folders under config/ that can be built on their own, in lexical order. A component cannot.
func kustomizations(tree fs.FS) ([]string, error) {
	var folders []string
	err := fs.WalkDir(tree, "config", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Base(name) != "kustomization.yaml" {
			return err
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		var head struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal(content, &head); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if head.Kind != "Component" {
			folders = append(folders, path.Dir(name))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("finding kustomizations: %w", err)
	}
	return folders, nil
}

// documentation is every YAML block of the project's pages that starts as a Kubernetes object does.
func documentation(tree fs.FS) ([]bundle, error) {
	pages, err := markdown.ReadAll(tree)
	if err != nil {
		return nil, err
	}
	var bundles []bundle
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		for _, fence := range pages[name].Fences {
			if !fence.IsYAML() || fence.NotApplied() || !holdsObjects(fence.Text) {
				continue
			}
			b, err := newBundle(fmt.Sprintf("%s:%d", name, fence.Line), []byte(fence.Text))
			if err != nil {
				return nil, err
			}
			bundles = append(bundles, b)
		}
	}
	return bundles, nil
}

// holdsObjects says whether YAML holds an object rather than, say, an excerpt of one.
func holdsObjects(text string) bool {
	objects, err := manifests.Split([]byte(text))
	return err != nil || slices.ContainsFunc(objects, manifests.Object.IsObject)
}
