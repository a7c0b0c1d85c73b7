// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// testColumns are the heads of the columns whose cells name tests: the folder of a package, then functions in it, such as
// `internal/jobs`: `TestPlan`, `TestBreaker`.
var testColumns = []string{"test", "target"}

var (
	cellSpan     = regexp.MustCompile("`([^`]+)`")
	testFunction = regexp.MustCompile(`^(?:Test|Fuzz)\w*$`)
)

// checkTests finds tests in tables that do not exist.
func checkTests(tree fs.FS, name string, page markdown.Page) []problem {
	var problems []problem
	var columns []int
	next := 0
	for _, row := range page.Rows {
		begins := row.Line != next
		next = row.Line + 1
		if begins {
			columns = nil
			for i, cell := range row.Cells {
				if slices.Contains(testColumns, cell) {
					columns = append(columns, i)
				}
			}
			continue
		}
		for _, column := range columns {
			if column < len(row.Cells) && !isDelimiter(row) {
				for _, text := range missingTests(tree, row.Cells[column]) {
					problems = append(problems, problem{name, row.Line, text})
				}
			}
		}
	}
	return problems
}

// missingTests says what is wrong with a cell.
func missingTests(tree fs.FS, cell string) []string {
	var wrong []string
	folder, named := "", false
	for _, span := range cellSpan.FindAllStringSubmatch(cell, -1) {
		switch text := span[1]; {
		case strings.HasPrefix(text, "make "):
			named = true // A check of its own. That there is such a target is seen elsewhere.
		case !testFunction.MatchString(text):
			folder = text
		case !hasTest(tree, folder, text):
			named = true
			wrong = append(wrong, fmt.Sprintf("there is no test `%s` in %q", text, folder))
		default:
			named = true
		}
	}
	if !named {
		wrong = append(wrong, fmt.Sprintf("no test is named in %q", cell))
	}
	return wrong
}

// hasTest reports whether a folder has a test function of a name.
func hasTest(tree fs.FS, folder, name string) bool {
	files, err := fs.Glob(tree, path.Join(folder, "*_test.go"))
	if err != nil || folder == "" {
		return false
	}
	return slices.ContainsFunc(files, func(file string) bool {
		source, err := fs.ReadFile(tree, file)
		return err == nil && strings.Contains(string(source), "\nfunc "+name+"(")
	})
}
