// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// scratch is the folder under which everything lands that the demo and its children write.
type scratch string

// newScratch makes the folder and has this process and its children use it: for temporary files, and for what
// kubectl remembers of the API server. The kubectl preferences of whoever runs the demo are left out of it.
func newScratch() (scratch, error) {
	folder, err := os.MkdirTemp("", "vectara-demo-")
	if err != nil {
		return "", fmt.Errorf("making a folder for temporary files: %w", err)
	}
	for name, value := range map[string]string{
		"TMPDIR":       folder,
		"KUBECACHEDIR": filepath.Join(folder, "kubectl-cache"),
		"KUBERC":       "off",
	} {
		if err := os.Setenv(name, value); err != nil {
			return "", err
		}
	}
	return scratch(folder), nil
}

// remove deletes the folder. A process that was just killed may write a last file meanwhile, so it tries again.
func (s scratch) remove() error {
	var err error
	for range 10 {
		if err = os.RemoveAll(string(s)); err == nil {
			return nil
		}
	}
	return err
}
