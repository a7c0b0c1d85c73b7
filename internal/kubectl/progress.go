// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"
	"io"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// progress writes lines that stay and, to a terminal, one below them that is written over and over.
type progress struct {
	out   io.Writer
	width func(io.Writer) (columns int, ok bool)
	live  int // length of what stands in the live line, in characters
}

// Line writes a line that stays.
func (p *progress) Line(format string, arguments ...any) {
	p.Clear()
	fmt.Fprintf(p.out, format+"\n", arguments...)
}

// Live replaces the live line. It writes nothing if there is no terminal. A line that is as wide as the terminal would wrap, and
// could not be taken back.
func (p *progress) Live(text string) {
	columns, ok := p.width(p.out)
	if !ok {
		return
	}
	text = plaintext.Clip(text, columns-1)
	length := len([]rune(text))
	fmt.Fprintf(p.out, "\r%s%s", text, strings.Repeat(" ", max(0, min(p.live, columns-1)-length)))
	p.live = length
}

// Clear takes the live line away.
func (p *progress) Clear() {
	if p.live > 0 {
		p.Live("")
		fmt.Fprint(p.out, "\r")
	}
}
