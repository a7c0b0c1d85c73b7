// SPDX-License-Identifier: Apache-2.0

// Command verifymanifests checks that a real API server accepts what the documentation has people apply: every
// kustomization under config/ and every YAML block of the documentation that holds Kubernetes objects. It starts etcd and
// kube-apiserver from KUBEBUILDER_ASSETS, installs the CRD, and checks by server-side dry runs with strict validation.
// Warnings of the API server count as failures. Run it in the top folder of the project.
//
// A block of YAML that is not meant for an API server has "<!-- not applied -->" in the line above it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// crdFolder holds the CRD that everything else is checked against.
const crdFolder = "config/crd/bases"

func main() {
	kustomize := flag.String("kustomize", "bin/tools/kustomize", "`path` of kustomize")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *kustomize)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "verifymanifests:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kustomize string) error {
	bundles, err := collect(ctx, os.DirFS("."), kustomize)
	if err != nil {
		return err
	}
	environment := &envtest.Environment{CRDDirectoryPaths: []string{crdFolder}, ErrorIfCRDPathMissing: true}
	if _, err := environment.Start(); err != nil {
		return fmt.Errorf("start the control plane: %w", err)
	}
	err = checkAll(ctx, environment, bundles)
	if stopErr := environment.Stop(); err == nil && stopErr != nil {
		err = fmt.Errorf("stop the control plane: %w", stopErr)
	}
	return err
}

// checkAll prints one line for each bundle and fails if the API server refused one.
func checkAll(ctx context.Context, environment *envtest.Environment, bundles []bundle) error {
	folder, err := os.MkdirTemp("", "verifymanifests-")
	if err != nil {
		return fmt.Errorf("make a folder for the kubeconfig: %w", err)
	}
	defer os.RemoveAll(folder)
	kubeconfig := filepath.Join(folder, "kubeconfig")
	if err := os.WriteFile(kubeconfig, environment.KubeConfig, 0o600); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	server := kubectl{path: filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), kubeconfig: kubeconfig}
	if err := server.prepare(ctx, bundles); err != nil {
		return err
	}
	failed := 0
	for _, b := range bundles {
		if err := server.dryRun(ctx, b); err != nil {
			failed++
			fmt.Printf("failed  %s\n%v\n", b.name, err)
			continue
		}
		fmt.Printf("ok      %s\n", b)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d were refused", failed, len(bundles))
	}
	return nil
}
