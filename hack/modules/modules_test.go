// SPDX-License-Identifier: Apache-2.0

// Package modules tests that the Makefile knows every Go module of the repository: it checks, lints and tests those that it lists.
package modules

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var top = filepath.Join("..", "..")

// variable is what the Makefile sets a variable to, with the values of others in it.
func variable(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^` + name + ` := (.*)$`).FindSubmatch(text)
	if match == nil {
		t.Fatalf("the Makefile does not set %s", name)
	}
	var words []string
	for word := range strings.FieldsSeq(string(match[1])) {
		if strings.HasPrefix(word, "$(") {
			words = append(words, variable(t, strings.Trim(word, "$()"))...)
			continue
		}
		words = append(words, word)
	}
	return words
}

func TestMakefileListsEveryModule(t *testing.T) {
	listed, tested := variable(t, "MODULES"), variable(t, "TEST_MODULES")
	found := 0
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
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
		if len(tests) > 0 && folder != "." && !slices.Contains(tested, folder) {
			t.Errorf("TEST_MODULES lacks %s, which has tests", folder)
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
