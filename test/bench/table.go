// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// markdown is the outcome as a Markdown table that is also good to read as it is: one row for each figure, one column for
// each size.
func (o *outcome) markdown() string {
	header := []string{"Scenario", "Figure"}
	for _, size := range o.Sizes {
		header = append(header, grouped(size))
	}
	table := [][]string{append(header, "Target", "Met")}
	last := ""
	for _, row := range o.rows() {
		cells := row.cells(o.Sizes)
		if row.scenario == last {
			cells[0] = ""
		}
		last = row.scenario
		table = append(table, cells)
	}
	return fmt.Sprintf("%s, on %s\n\n%s", o.Began.UTC().Format("2006-01-02"), o.Machine, aligned(table))
}

// row is one figure at every size.
type row struct {
	scenario, figure string
	bySize           map[int]figure
}

// rows groups the figures, in the order in which the scenarios are defined and their figures were measured.
func (o *outcome) rows() []*row {
	var rows []*row
	for _, s := range scenarioNames() {
		for _, f := range o.Figures {
			if f.Scenario != s {
				continue
			}
			at := slices.IndexFunc(rows, func(r *row) bool { return r.scenario == s && r.figure == f.Name })
			if at < 0 {
				at = len(rows)
				rows = append(rows, &row{scenario: s, figure: f.Name, bySize: map[int]figure{}})
			}
			rows[at].bySize[f.Size] = f
		}
	}
	return rows
}

func (r *row) cells(sizes []int) []string {
	cells := []string{r.scenario, r.figure}
	target, applies := "", false
	var missed []string
	for _, size := range sizes {
		f, ok := r.bySize[size]
		if !ok {
			cells = append(cells, "")
			continue
		}
		cells = append(cells, f.text())
		target = f.Target
		applies = applies || f.Max != nil
		if f.missed() {
			missed = append(missed, grouped(size))
		}
	}
	met := ""
	switch {
	case len(missed) > 0:
		met = "no: " + strings.Join(missed, "; ")
	case applies:
		met = "yes"
	}
	return append(cells, target, met)
}

// aligned writes rows of cells, the first of them the header, as a Markdown table with columns of even width.
func aligned(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	line := func(cells []string, filler string) {
		for i, cell := range cells {
			out.WriteString("| " + cell + strings.Repeat(filler, widths[i]-utf8.RuneCountInString(cell)) + " ")
		}
		out.WriteString("|\n")
	}
	line(rows[0], " ")
	line(make([]string, len(widths)), "-")
	for _, cells := range rows[1:] {
		line(cells, " ")
	}
	return out.String()
}
