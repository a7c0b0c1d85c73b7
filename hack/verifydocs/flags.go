// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// flagsSection is the heading under which a table lists the manager's flags.
const flagsSection = "Flags"

var (
	helpFlag  = regexp.MustCompile(`(?m)^ {2,6}(?:-[a-zA-Z], )?--?([a-z][a-z0-9-]+)`)
	tableFlag = regexp.MustCompile("`--([a-z][a-z0-9-]+)")
)

// isExternal says whether a flag is controller-runtime's own, which our table may leave out or sum up.
func isExternal(name string) bool {
	return name == "help" || name == "kubeconfig" || strings.HasPrefix(name, "zap-")
}

// checkFlags compares every table under a heading "Flags" with the flags in the manager's help text. At least one
// page must have such a table.
func checkFlags(pages map[string]markdown.Page, help string) []problem {
	actual := map[string]bool{}
	for _, match := range helpFlag.FindAllStringSubmatch(help, -1) {
		if !isExternal(match[1]) {
			actual[match[1]] = true
		}
	}
	var problems []problem
	tables := 0
	for name, page := range pages {
		documented, line := documentedFlags(page)
		if len(documented) > 0 {
			tables++
			problems = append(problems, compareFlags(name, line, documented, actual)...)
		}
	}
	if tables == 0 && len(actual) > 0 {
		problems = append(problems, problem{"README.md", 1, "no page has a table of the manager's flags under a heading \"Flags\""})
	}
	return problems
}

// documentedFlags are the flags in the first column of the page's table of flags, by line, and the table's first line.
func documentedFlags(page markdown.Page) (map[string]int, int) {
	documented := map[string]int{}
	first := 0
	for _, row := range page.Rows {
		if row.Section != flagsSection {
			continue
		}
		if first == 0 {
			first = row.Line
		}
		for _, match := range tableFlag.FindAllStringSubmatch(row.Cells[0], -1) {
			if !strings.HasSuffix(match[1], "-") && !isExternal(match[1]) {
				documented[match[1]] = row.Line
			}
		}
	}
	return documented, first
}

func compareFlags(page string, table int, documented map[string]int, actual map[string]bool) []problem {
	var problems []problem
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		if !actual[name] {
			problems = append(problems, problem{page, documented[name], fmt.Sprintf("the manager has no flag --%s", name)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(actual)) {
		if _, ok := documented[name]; !ok {
			problems = append(problems, problem{page, table, fmt.Sprintf("the table lacks the manager's flag --%s", name)})
		}
	}
	return problems
}
