// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"os"
	"path/filepath"
)

// Repository returns the top folder of the source tree, found from the folder that the process runs in.
func Repository() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "PROJECT")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", fmt.Errorf("this must run inside the source tree: no PROJECT file above the current folder")
		}
		folder = parent
	}
}

// assets returns the folder with the binaries of the control plane: the user's, or those that "make controlplane" built.
func assets(repository string) (string, error) {
	folder := os.Getenv("KUBEBUILDER_ASSETS")
	if folder == "" {
		folder = filepath.Join(repository, "bin", "controlplane")
	}
	for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return "", fmt.Errorf("%s is missing in %s: run 'make controlplane', or set KUBEBUILDER_ASSETS to a folder that has it", name, folder)
		}
	}
	return folder, nil
}
