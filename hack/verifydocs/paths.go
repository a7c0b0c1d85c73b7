// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// repositoryPath matches inline code that is a path into one of the project's folders, with or without wildcards.
var repositoryPath = regexp.MustCompile(`^(?:\./)?((?:api|charts|cmd|config|docs|hack|internal|test)/[A-Za-z0-9._*/-]+)$`)

// checkPaths finds inline code that names a file or folder of this repository that does not exist.
func checkPaths(tree fs.FS, name string, page markdown.Page) []problem {
	var problems []problem
	for _, span := range page.Spans {
		match := repositoryPath.FindStringSubmatch(span.Text)
		if match == nil {
			continue
		}
		// "./..." is how the go command names everything below a folder.
		pattern := strings.TrimSuffix(strings.TrimSuffix(match[1], "/..."), "/")
		if found, err := fs.Glob(tree, pattern); err != nil || len(found) == 0 {
			problems = append(problems, problem{name, span.Line, fmt.Sprintf("there is no `%s`", span.Text)})
		}
	}
	return problems
}
