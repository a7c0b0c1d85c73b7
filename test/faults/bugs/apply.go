// SPDX-License-Identifier: Apache-2.0

package bugs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrDoesNotApply says that a patch does not fit the code any more.
var ErrDoesNotApply = errors.New("does not apply")

// ErrDoesNotBuild says that the code does not build with a patch.
var ErrDoesNotBuild = errors.New("does not build")

// Apply applies the bug to copies of the files that it changes, below an empty folder. It returns where the copy of each file is,
// by the path of the file itself. The source tree stays as it is.
func (b *SeededBug) Apply(ctx context.Context, repository, folder string) (map[string]string, error) {
	copies := map[string]string{}
	for _, file := range b.Files {
		content, err := os.ReadFile(filepath.Join(repository, file)) //nolint:gosec // It is a file of the source tree.
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: there is no %s", ErrDoesNotApply, file)
		} else if err != nil {
			return nil, err
		}
		copied := filepath.Join(folder, file)
		if err := os.MkdirAll(filepath.Dir(copied), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(copied, content, 0o600); err != nil {
			return nil, err
		}
		copies[filepath.Join(repository, file)] = copied
	}
	command := exec.CommandContext(ctx, "git", "apply", b.patch) //nolint:gosec // It is one of the tree's own patches.
	command.Dir = folder
	// Inside of another work tree, git would take the paths to be relative to the top of that.
	command.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(folder))
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDoesNotApply, strings.TrimSpace(string(output)))
	}
	return copies, nil
}

// Build builds a manager with the bug in it, and returns its path in the folder.
func (b *SeededBug) Build(ctx context.Context, repository, folder string) (string, error) {
	copies, err := b.Apply(ctx, repository, filepath.Join(folder, b.Name))
	if err != nil {
		return "", err
	}
	encoded, err := json.Marshal(map[string]any{"Replace": copies})
	if err != nil {
		return "", err
	}
	manager := filepath.Join(folder, b.Name+".manager")
	overlay := filepath.Join(folder, b.Name+".json")
	if err := os.WriteFile(overlay, encoded, 0o600); err != nil {
		return "", err
	}
	return manager, GoBuild(ctx, repository, manager, "-overlay="+overlay)
}

// GoBuild builds the manager.
func GoBuild(ctx context.Context, repository, binary string, flags ...string) error {
	arguments := append([]string{"build", "-ldflags=-s -w", "-o", binary}, flags...)
	command := exec.CommandContext(ctx, "go", append(arguments, "./cmd")...) //nolint:gosec // The flags are the caller's own.
	command.Dir = repository
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", ErrDoesNotBuild, strings.TrimSpace(string(output)))
	}
	return nil
}
