// SPDX-License-Identifier: Apache-2.0

package bugs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// compiler checks packages of the manager with some of their files replaced. It reads what they import from the build cache,
// so that dozens of patches take a few seconds; "go build" would take one to three for each.
type compiler struct {
	packages map[string]listed // by folder
	exports  map[string]string // the files of export data, by import path
}

// listed is what "go list" says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

func newCompiler(t *testing.T, repository string) *compiler {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "./cmd")
	command.Dir = repository
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, problems.String())
	}
	c := &compiler{packages: map[string]listed{}, exports: map[string]string{}}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return c
		} else if err != nil {
			t.Fatal(err)
		}
		c.packages[p.Dir], c.exports[p.ImportPath] = p, p.Export
	}
}

// compile checks the packages of some files, each of which is replaced by a copy.
func (c *compiler) compile(copies map[string]string) error {
	checked := map[string]bool{}
	for path := range copies {
		folder := filepath.Dir(path)
		if checked[folder] {
			continue
		}
		checked[folder] = true
		if err := c.check(folder, copies); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) check(folder string, copies map[string]string) error {
	p, ok := c.packages[folder]
	if !ok {
		return fmt.Errorf("%s is no package of the manager", folder)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		path := filepath.Join(folder, name)
		if copied, ok := copies[path]; ok {
			path = copied
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	open := func(path string) (io.ReadCloser, error) {
		if c.exports[path] == "" {
			return nil, fmt.Errorf("the manager does not import %s", path)
		}
		return os.Open(c.exports[path])
	}
	config := types.Config{Importer: importer.ForCompiler(set, "gc", open)}
	_, err := config.Check(p.ImportPath, set, files, nil)
	return err
}
