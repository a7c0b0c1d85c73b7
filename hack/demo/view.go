// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// column is a column of kubectl's table and how wide it is here: enough for everything that the demo shows.
type column struct {
	name  string
	width int
}

// columns are what is shown of kubectl's table. Its other columns count time, and stand still between two rows.
var columns = []column{
	{"NAME", 9}, {"STATE", 17}, {"TYPE", 29}, {"READY", 5}, {"REASON", 16},
}

// view shows the rows of "kubectl get --watch" as they come.
type view interface {
	// row shows a row, at a time since the jobs were applied.
	row(at time.Duration, cells map[string]string)
	// note shows a line of another command.
	note(at time.Duration, text string)
	// tick lets the time pass that the view shows.
	tick(at time.Duration)
}

func newView(out *printer) view {
	if out.isTerminal() {
		return &board{out: out}
	}
	return &journal{out: out}
}

// journal writes each row below the last one, as a log needs it.
type journal struct {
	out   *printer
	begun bool
}

func (j *journal) row(at time.Duration, cells map[string]string) {
	if !j.begun {
		j.out.line("%6s  %s", "TIME", layOut(titles()))
		j.begun = true
	}
	j.out.line("%6s  %s", clock(at), layOut(cells))
}

func (j *journal) note(at time.Duration, text string) {
	j.out.line("%6s  %s", clock(at), text)
}

func (j *journal) tick(time.Duration) {}

// board is one table that is drawn anew whenever something changes, for a terminal.
type board struct {
	out   *printer
	names []string // in the order of their first row
	rows  map[string]map[string]string
	since map[string]time.Duration // when the last row came
	notes []string
	drawn int // how many lines there are to draw over
}

func (b *board) row(at time.Duration, cells map[string]string) {
	name := cells["NAME"]
	if b.rows == nil {
		b.rows, b.since = map[string]map[string]string{}, map[string]time.Duration{}
	}
	if b.rows[name] == nil {
		b.names = append(b.names, name)
	}
	b.rows[name], b.since[name] = cells, at
	b.tick(at)
}

func (b *board) note(at time.Duration, text string) {
	b.notes = append(b.notes, fmt.Sprintf("%6s  %s", clock(at), text))
	b.tick(at)
}

func (b *board) tick(at time.Duration) {
	lines := []string{b.fit(fmt.Sprintf("%6s  %s", "SINCE", layOut(titles())))}
	for _, name := range b.names {
		line := fmt.Sprintf("%6s  %s", clock(b.since[name]), layOut(b.rows[name]))
		lines = append(lines, b.out.styled(colour(b.rows[name]), b.fit(line)))
	}
	for _, note := range b.notes {
		lines = append(lines, b.fit(note))
	}
	lines = append(lines, fmt.Sprintf("%6s", clock(at)))

	var screen strings.Builder
	if b.drawn > 0 {
		fmt.Fprintf(&screen, "\x1b[%dA", b.drawn)
	}
	for _, line := range lines {
		screen.WriteString("\r\x1b[K" + line + "\n")
	}
	b.drawn = len(lines)
	b.out.write(screen.String())
}

// fit cuts a line to what the terminal holds: one that wraps would not be drawn over as a whole.
func (b *board) fit(line string) string {
	if width := b.out.width(); utf8.RuneCountInString(line) > width {
		return string([]rune(line)[:width])
	}
	return line
}

// colour is green for what has ended well, red for what needs a person, and yellow for what may yet become either.
func colour(cells map[string]string) string {
	switch cells["REASON"] {
	case v1alpha1.ReasonJobCompleted:
		return green
	case v1alpha1.ReasonJobFailed, v1alpha1.ReasonJobAborted, v1alpha1.ReasonPermissionDenied, v1alpha1.ReasonJobNotFound:
		return red
	default:
		return yellow
	}
}

func titles() map[string]string {
	cells := map[string]string{}
	for _, c := range columns {
		cells[c.name] = c.name
	}
	return cells
}

func layOut(cells map[string]string) string {
	var line strings.Builder
	for _, c := range columns {
		fmt.Fprintf(&line, "%-*s  ", c.width, cells[c.name])
	}
	return strings.TrimRight(line.String(), " ")
}

// clock is a time since the jobs were applied.
func clock(at time.Duration) string { return fmt.Sprintf("+%.0fs", at.Seconds()) }
