// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestImports holds the promise of the package's documentation: any controller can import it, at the price of
// apimachinery.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatalf("Listing the package: %v", err)
	}
	checked := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		checked++
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatalf("Reading %s: %v", name, err)
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatalf("Reading an import of %s: %v", name, err)
			}
			if !isStandard(path) && !strings.HasPrefix(path, "k8s.io/apimachinery/") {
				t.Errorf("%s imports %s: expected the standard library and k8s.io/apimachinery only", name, path)
			}
		}
	}
	if checked < 5 {
		t.Errorf("Only %d files were checked", checked)
	}
}

// isStandard tells the standard library by what its paths lack: a dot in the first element.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
