// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// placeholder is the image in config/manager.
const placeholder = "controller"

// labels are on all objects of config/default, and tell them from those of a Helm release.
const labels = "app.kubernetes.io/name=vectara-job-operator,app.kubernetes.io/managed-by=kustomize"

// header says what the file is, to those who have nothing else of this project.
func header(version string) string {
	return strings.NewReplacer("VERSION", version, "LABELS", labels).Replace(`# The Vectara job operator, VERSION. To install it, or to upgrade to it:
#
#   kubectl apply --server-side -f install.yaml
#
# "kubectl delete -f install.yaml" would delete the CRDs, and with them every VectaraJob. To remove the operator alone:
#
#   kubectl delete deployments,services,serviceaccounts,roles,rolebindings -n vectara-job-operator-system -l LABELS
#   kubectl delete clusterroles,clusterrolebindings -l LABELS
---
`)
}

// render renders config/default with an image, which is given by its digest. It works on a copy: no file of the tree changes.
func render(ctx context.Context, kustomize, config, image string) (string, error) {
	folder, err := os.MkdirTemp("", "installer-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	if err := os.CopyFS(filepath.Join(folder, "config"), os.DirFS(config)); err != nil {
		return "", err
	}
	name, digest, _ := strings.Cut(image, "@")
	overlay := fmt.Sprintf("resources: [config/default]\nimages: [{name: %s, newName: %q, digest: %q}]\n", placeholder, name, digest)
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(overlay), 0o600); err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, kustomize, "build", folder)
	var manifests, complaint bytes.Buffer
	command.Stdout, command.Stderr = &manifests, &complaint
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("kustomize build: %w\n%s", err, complaint.String())
	}
	if !strings.Contains(manifests.String(), "image: "+image+"\n") {
		return "", fmt.Errorf("config/default has no container with the image %q, which %s would replace", placeholder, image)
	}
	return manifests.String(), nil
}

// write replaces a file as a whole.
func write(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", []byte(content), 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
