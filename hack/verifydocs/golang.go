// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// sourceComment stands above a block of Go and names the file that the block is an excerpt of.
var sourceComment = regexp.MustCompile(`^<!-- from (\S+) -->$`)

// checkGo finds blocks of Go that no compiler sees. Each is an excerpt of a file of the project, word for word, but for
// indentation.
func checkGo(tree fs.FS, name string, page markdown.Page) []problem {
	var problems []problem
	for _, fence := range page.Fences {
		if fence.Language != "go" {
			continue
		}
		if text := badExcerpt(tree, fence); text != "" {
			problems = append(problems, problem{name, fence.Line, text})
		}
	}
	return problems
}

// badExcerpt says what is wrong with a block, or nothing.
func badExcerpt(tree fs.FS, fence markdown.Fence) string {
	match := sourceComment.FindStringSubmatch(fence.Above)
	if match == nil {
		return "a block of Go needs a line \"<!-- from FILE -->\" above it"
	}
	source, err := fs.ReadFile(tree, match[1])
	if err != nil {
		return fmt.Sprintf("there is no file %s for the block to be from", match[1])
	}
	if !strings.Contains(unindented(string(source)), unindented(fence.Text)) {
		return fmt.Sprintf("the block is not in %s as it is here", match[1])
	}
	return ""
}

func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}
