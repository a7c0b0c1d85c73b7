// SPDX-License-Identifier: Apache-2.0

// Package modules tests that the Makefile knows every Go module of the repository: it checks, lints and tests those that it lists.
package modules

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var top = filepath.Join("..", "..")

// variable is what make takes a variable of the Makefile to be.
func variable(t *testing.T, name string) []string {
	t.Helper()
	command := exec.Command("make", "--silent", "--eval=print: ; @echo $("+name+")", "print")
	command.Dir = top
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(output))
}

func TestMakefileListsEveryModule(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(top, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	listed, tested := variable(t, "MODULES"), variable(t, "TEST_MODULES")
	found := 0
	err = filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "dist", "testdata"}, entry.Name()):
			return fs.SkipDir
		case entry.Name() != "go.mod":
			return nil
		}
		found++
		folder, err := filepath.Rel(top, filepath.Dir(path))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		if !slices.Contains(listed, folder) {
			t.Errorf("MODULES lacks %s", folder)
		}
		tests, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*_test.go"))
		// A target of its own may test it.
		if len(tests) > 0 && folder != "." && !slices.Contains(tested, folder) && !bytes.Contains(makefile, []byte("cd "+folder+" &&")) {
			t.Errorf("%s has tests, and is not in TEST_MODULES", folder)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != len(listed) {
		t.Errorf("there are %d modules, and MODULES lists %d: %s", found, len(listed), listed)
	}
}
