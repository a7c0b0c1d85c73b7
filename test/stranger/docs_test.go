// SPDX-License-Identifier: Apache-2.0

package stranger

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// results are what a block of statements returns, by how it begins. Blocks that are not here return nothing, or are
// declarations.
var results = map[string]string{
	"scheme := ":             "(*runtime.Scheme, error)",
	"return ctrl.New":        "error",
	"list := ":               "(*v1alpha1.VectaraJobList, error)",
	"return indexer.":        "error",
	"return v1alpha1ac.":     "*v1alpha1ac.VectaraJobApplyConfiguration",
	"return nil, f.Apply":    "(*v1alpha1.VectaraJob, error)",
	"if job.Outcome() == v1": "(ctrl.Result, error)",
}

func TestEveryBlockOfThePageCompiles(t *testing.T) {
	page := read(t, filepath.Join("..", "..", "docs", "library.md"))
	blocks := goBlock.FindAllStringSubmatch(page, -1)
	if len(blocks) < 10 || !strings.HasPrefix(blocks[0][1], "import (") {
		t.Fatalf("the page has %d blocks of Go, and the first one is not its imports", len(blocks))
	}
	imports := importsOf(t, blocks[0][1])
	folder := t.TempDir()
	for i, block := range blocks[1:] {
		write(t, filepath.Join(folder, fmt.Sprintf("block_%d.go", i)), wrap(t, block[1], imports))
	}
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "go.mod"), strings.Replace(read(t, "go.mod"), "=> ../..", "=> "+repository, 1))
	write(t, filepath.Join(folder, "go.sum"), read(t, "go.sum"))
	write(t, filepath.Join(folder, "context.go"), read(t, filepath.Join("testdata", "context.go")))
	build := exec.CommandContext(t.Context(), "go", "build", "./...")
	build.Dir = folder
	if output, err := build.CombinedOutput(); err != nil {
		t.Errorf("the page does not compile: %v\n%s", err, output)
	}
}

// TestThePageSaysWhichGoIsNeeded holds that it is the version in go.mod of the operator.
func TestThePageSaysWhichGoIsNeeded(t *testing.T) {
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, filepath.Join("..", "..", "go.mod")))
	if want := "Go " + version[1]; !strings.Contains(read(t, filepath.Join("..", "..", "docs", "library.md")), want) {
		t.Errorf("docs/library.md does not say that it needs %s", want)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// importsOf are the lines of an import block, by the name under which code uses the package.
func importsOf(t *testing.T, block string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "imports.go", "package page\n"+block, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string]string{}
	for _, spec := range file.Imports {
		location, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		name := path.Base(location)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = name + " " + spec.Path.Value
	}
	return imports
}

// wrap makes a file of a block: with those of the page's imports that it uses, and in a function if it is statements.
func wrap(t *testing.T, block string, imports map[string]string) string {
	t.Helper()
	body := block
	if _, err := parser.ParseFile(token.NewFileSet(), "block.go", "package page\n"+block, 0); err != nil {
		result := ""
		for begin, of := range results {
			if strings.HasPrefix(block, begin) {
				result = of
			}
		}
		body = fmt.Sprintf("func _() %s {\n%s}\n", result, block)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "block.go", "package page\n"+body, 0)
	if err != nil {
		t.Fatalf("a block is neither declarations nor statements: %v\n%s", err, block)
	}
	used := ""
	names := map[string]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if name, ok := selector.X.(*ast.Ident); ok && imports[name.Name] != "" && !names[name.Name] {
				names[name.Name] = true
				used += "import " + imports[name.Name] + "\n"
			}
		}
		return true
	})
	return "package page\n\n" + used + "\n" + body
}
