// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/term"
)

// The escape sequences for bold, for colours, and to end both.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	plain  = "\x1b[0m"
)

// printer writes for a person who reads along. It may be used from many goroutines.
type printer struct {
	mu  sync.Mutex
	out io.Writer
	// record gets what is written as well, if it is not nil.
	record *strings.Builder
	// width is how many characters a line of the terminal holds; 0 if out is no terminal, and gets plain text.
	width func() int
}

// newPrinter writes to a file, with style if that is a terminal which understands it.
func newPrinter(file *os.File) *printer {
	descriptor := int(file.Fd())
	if !term.IsTerminal(descriptor) || os.Getenv("TERM") == "dumb" {
		return &printer{out: file, width: func() int { return 0 }}
	}
	return &printer{out: file, width: func() int {
		width, _, err := term.GetSize(descriptor)
		if err != nil || width <= 0 {
			return 80
		}
		return width
	}}
}

func (p *printer) isTerminal() bool { return p.width() > 0 }

// write writes a text as it is.
func (p *printer) write(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Whoever closed the other end has seen enough, and the demo still has to clean up.
	_, _ = io.WriteString(p.out, text)
	if p.record != nil {
		p.record.WriteString(text)
	}
}

// recorded is what is written during a call.
func (p *printer) recorded(call func()) string {
	var record strings.Builder
	p.recordTo(&record)
	call()
	p.recordTo(nil)
	return record.String()
}

func (p *printer) recordTo(record *strings.Builder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.record = record
}

func (p *printer) line(format string, arguments ...any) {
	p.write(fmt.Sprintf(format, arguments...) + "\n")
}

// heading begins a part of the demo.
func (p *printer) heading(format string, arguments ...any) {
	p.line("\n%s", p.styled(bold, "== "+fmt.Sprintf(format, arguments...)))
}

// command shows a command before it runs. What is not part of it, such as "&" and a comment, comes after.
func (p *printer) command(words []string, after ...string) {
	line := strings.Join(append([]string{shellLine(words)}, after...), " ")
	p.line("%s", p.styled(bold, "$ "+line))
}

// block writes the output of a command.
func (p *printer) block(text string) {
	if text = strings.TrimRight(text, "\n"); text != "" {
		p.line("%s", text)
	}
}

func (p *printer) styled(style, text string) string {
	if !p.isTerminal() {
		return text
	}
	return style + text + plain
}

var needsNoQuotes = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// longLine is from which length on a command has a line for each of its arguments.
const longLine = 120

// shellLine is what one would type to run a command.
func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if !needsNoQuotes.MatchString(word) {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	if line := strings.Join(quoted, " "); len(line) < longLine {
		return line
	}
	return strings.Join(quoted, " \\\n    ")
}
