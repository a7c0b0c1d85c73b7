// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

const (
	readmePage     = "README.md"
	conditionsPage = "docs/conditions.md"
	specPage       = "docs/spec/vectarajob.md"
	discoveryPage  = "docs/spec/vectarajobdiscovery.md"
	// conditionsSection is the README's heading over the tables of conditions.
	conditionsSection = "Conditions"
	// reasonsSections is how the headings over the tables of reasons start on the page about conditions.
	reasonsSections = "Reasons "
	// reasonColumn is the head of the column that names one reason in each row.
	reasonColumn = "reason"
)

var delimiterCell = regexp.MustCompile(`^:?-+:?$`)

// checkConditions compares the names of conditions and reasons with the two pages that explain them. A condition's type
// has one heading on the page about conditions, and a reason one row in its tables. The README mentions all of them but
// those of discoveries. The page about a kind names no others in its tables, where a reason may have some words after it,
// and that about discoveries names all of theirs.
func checkConditions(pages map[string]markdown.Page, names conditionNames) []problem {
	return slices.Concat(checkReadme(pages[readmePage], names), checkReference(pages[conditionsPage], names),
		checkSpec(specPage, pages[specPage], names.reasons),
		checkSpec(discoveryPage, pages[discoveryPage], slices.Concat(names.reasons, names.discovery), names.discovery...))
}

// checkSpec finds reasons that do not exist, and those that are missing.
func checkSpec(name string, page markdown.Page, known []string, wanted ...string) []problem {
	listed := map[string][]int{}
	for cell, lines := range reasonRows(page, func(string) bool { return true }) {
		reason, _, _ := strings.Cut(cell, ",")
		listed[reason] = append(listed[reason], lines...)
	}
	problems := unknownReasons(name, listed, known)
	for _, reason := range wanted {
		if len(listed[code(reason)]) == 0 {
			problems = append(problems, problem{name, 1, "the tables of conditions lack " + code(reason)})
		}
	}
	return problems
}

func checkReadme(page markdown.Page, names conditionNames) []problem {
	first, end := section(page, conditionsSection)
	mentioned := map[string]bool{}
	for _, span := range page.Spans {
		if first <= span.Line && span.Line < end {
			mentioned[span.Text] = true
		}
	}
	var problems []problem
	for _, name := range slices.Concat(names.types, names.reasons) {
		if !mentioned[name] {
			text := fmt.Sprintf("the section %q lacks `%s`", conditionsSection, name)
			problems = append(problems, problem{readmePage, first, text})
		}
	}
	listed := reasonRows(page, func(section string) bool { return section == conditionsSection })
	return append(problems, unknownReasons(readmePage, listed, names.reasons)...)
}

func checkReference(page markdown.Page, names conditionNames) []problem {
	var problems []problem
	report := func(name string, found int, what string) {
		if found != 1 {
			text := fmt.Sprintf("`%s` has %d %s, not 1", name, found, what)
			problems = append(problems, problem{conditionsPage, 1, text})
		}
	}
	headings := map[string]int{}
	for _, heading := range page.Headings {
		headings[heading.Text]++
	}
	for _, name := range names.types {
		report(name, headings[name], "headings")
	}
	listed := reasonRows(page, func(section string) bool { return strings.HasPrefix(section, reasonsSections) })
	all := slices.Concat(names.reasons, names.discovery)
	for _, name := range all {
		report(name, len(listed[code(name)]), fmt.Sprintf("rows in the tables under %q", reasonsSections+"…"))
	}
	return append(problems, unknownReasons(conditionsPage, listed, all)...)
}

// section is the line of a heading and the line after the last that belongs to it. Without such a heading, it is empty
// and at the top of the page.
func section(page markdown.Page, title string) (first, end int) {
	heading := slices.IndexFunc(page.Headings, func(h markdown.Heading) bool { return h.Text == title })
	if heading < 0 {
		return 1, 1
	}
	for _, next := range page.Headings[heading+1:] {
		if next.Level <= page.Headings[heading].Level {
			return page.Headings[heading].Line, next.Line
		}
	}
	return page.Headings[heading].Line, math.MaxInt
}

// reasonRows are the lines on which each cell of the columns of reasons stands, in the tables of some sections. The
// cells are as written, backticks included.
func reasonRows(page markdown.Page, in func(section string) bool) map[string][]int {
	listed := map[string][]int{}
	column, next := -1, 0
	for _, row := range page.Rows {
		begins := row.Line != next
		next = row.Line + 1
		switch {
		case begins:
			column = slices.Index(row.Cells, reasonColumn)
		case column < 0 || column >= len(row.Cells) || isDelimiter(row) || !in(row.Section):
		default:
			cell := row.Cells[column]
			listed[cell] = append(listed[cell], row.Line)
		}
	}
	return listed
}

// isDelimiter says whether a row is the line of dashes under a table's head.
func isDelimiter(row markdown.Row) bool {
	return !slices.ContainsFunc(row.Cells, func(cell string) bool { return !delimiterCell.MatchString(cell) })
}

func unknownReasons(page string, listed map[string][]int, known []string) []problem {
	var problems []problem
	for cell, lines := range listed {
		if slices.ContainsFunc(known, func(name string) bool { return cell == code(name) }) {
			continue
		}
		for _, line := range lines {
			problems = append(problems, problem{page, line, "there is no reason " + cell})
		}
	}
	return problems
}

// code is how a page writes a name.
func code(name string) string { return "`" + name + "`" }
