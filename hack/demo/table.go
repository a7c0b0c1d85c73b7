// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"strings"
)

// gap is how many spaces kubectl puts between columns at least.
const gap = 3

// table takes the output of "kubectl get --watch" apart. kubectl makes a column wider when a longer cell comes, and
// shifts what is to the right of it from then on: it reads badly, and has to be followed to see which cell is empty.
type table struct {
	header []string
	widths []int // of the columns, gap included, as kubectl has them now
}

var columnGap = regexp.MustCompile(` {3,}`)

// row returns the cells of the next line by the names of their columns. It is nil for the first line, which is the header.
func (t *table) row(line string) map[string]string {
	if t.header == nil {
		t.readHeader(line)
		return nil
	}
	cells := make(map[string]string, len(t.header))
	rest := line
	for i, name := range t.header {
		cell, _, _ := strings.Cut(rest, strings.Repeat(" ", gap))
		if i == len(t.header)-1 {
			cell = rest
		}
		cells[name] = strings.TrimSpace(cell)
		t.widths[i] = max(t.widths[i], len(cell)+gap)
		rest = rest[min(t.widths[i], len(rest)):]
	}
	return cells
}

func (t *table) readHeader(line string) {
	line = strings.TrimRight(line, " ")
	t.header = columnGap.Split(line, -1)
	end := len(line)
	t.widths = make([]int, len(t.header))
	for i := len(t.header) - 1; i >= 0; i-- {
		start := strings.LastIndex(line[:end], t.header[i])
		t.widths[i] = end - start
		end = start
	}
}
