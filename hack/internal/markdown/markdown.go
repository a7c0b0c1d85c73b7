// SPDX-License-Identifier: Apache-2.0

// Package markdown reads the parts of a Markdown page that can be checked by a program: fenced blocks, links,
// headings, inline code and tables. It reads line by line and knows only the Markdown that this project writes:
// fences of backticks, headings with #, inline and reference links, tables with pipes.
package markdown

import (
	"regexp"
	"strings"
)

// Page is what was found in one page. Line numbers count from 1.
type Page struct {
	Fences   []Fence
	Headings []Heading
	Links    []Link
	Spans    []Span
	Rows     []Row
	// Anchors are the names that #fragment can refer to: slugs of headings and explicit HTML anchors.
	Anchors map[string]bool
}

// Fence is a block between two lines of backticks.
type Fence struct {
	// Language is the first word after the opening backticks, in lower case; it may be empty.
	Language string
	// Text is what is inside, each line ended by a newline.
	Text string
	// Above is the nearest line above that is not blank, without surrounding space.
	Above string
	// Line is the line of the opening backticks.
	Line int
}

// Heading is a line that starts with one to six #.
type Heading struct {
	Text  string
	Level int
	Line  int
}

// Link is the target of a link or image, as written.
type Link struct {
	Target string
	Line   int
}

// Span is inline code without its backticks.
type Span struct {
	Text string
	Line int
}

// Row is a row of a table, header and delimiter rows included.
type Row struct {
	Cells []string
	// Section is the text of the heading that the table stands under.
	Section string
	Line    int
}

var (
	headingLine  = regexp.MustCompile(`^(#{1,6})\s+(.*?)(?:\s+#+)?\s*$`)
	fenceLine    = regexp.MustCompile("^\\s*(`{3,})\\s*([^\\s`]*)[^`]*$")
	inlineLink   = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+["'][^)]*)?\)`)
	referenceDef = regexp.MustCompile(`^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?`)
	inlineCode   = regexp.MustCompile("(`+)([^`](?:.*?[^`])?)(?:`+)")
	htmlAnchor   = regexp.MustCompile(`<[a-zA-Z]+\s[^>]*\b(?:id|name)="([^"]+)"`)
	htmlComment  = regexp.MustCompile(`<!--.*?-->`)
)

// Parse reads a page.
func Parse(source string) Page {
	p := parser{page: Page{Anchors: map[string]bool{}}, slugs: map[string]int{}}
	for i, text := range strings.Split(source, "\n") {
		p.line(i+1, strings.TrimSuffix(text, "\r"))
	}
	return p.page
}

type parser struct {
	page    Page
	slugs   map[string]int
	section string
	above   string

	open  string // the backticks that opened the present fence, or empty
	fence Fence
}

func (p *parser) line(number int, text string) {
	switch fence := fenceLine.FindStringSubmatch(text); {
	case p.open != "":
		p.inFence(text)
	case fence != nil:
		p.open = fence[1]
		p.fence = Fence{Language: strings.ToLower(fence[2]), Above: p.above, Line: number}
	default:
		p.prose(number, text)
	}
	if trimmed := strings.TrimSpace(text); trimmed != "" {
		p.above = trimmed
	}
}

func (p *parser) inFence(text string) {
	trimmed := strings.TrimSpace(text)
	if len(trimmed) >= len(p.open) && strings.Trim(trimmed, "`") == "" {
		p.page.Fences = append(p.page.Fences, p.fence)
		p.open = ""
		return
	}
	p.fence.Text += text + "\n"
}

func (p *parser) prose(number int, text string) {
	text = htmlComment.ReplaceAllString(text, "")
	for _, span := range inlineCode.FindAllStringSubmatch(text, -1) {
		p.page.Spans = append(p.page.Spans, Span{Text: strings.TrimSpace(span[2]), Line: number})
	}
	if heading := headingLine.FindStringSubmatch(text); heading != nil {
		p.heading(Heading{Text: heading[2], Level: len(heading[1]), Line: number})
	}
	if row := strings.TrimSpace(text); strings.HasPrefix(row, "|") {
		p.page.Rows = append(p.page.Rows, Row{Cells: cells(row), Section: p.section, Line: number})
	}
	for _, anchor := range htmlAnchor.FindAllStringSubmatch(text, -1) {
		p.page.Anchors[anchor[1]] = true
	}
	p.links(number, inlineCode.ReplaceAllString(text, "code"))
}

func (p *parser) heading(h Heading) {
	p.section = h.Text
	p.page.Headings = append(p.page.Headings, h)
	slug := Slug(h.Text)
	seen := p.slugs[slug]
	p.slugs[slug] = seen + 1
	p.page.Anchors[numbered(slug, seen)] = true
}

func (p *parser) links(number int, text string) {
	if def := referenceDef.FindStringSubmatch(text); def != nil {
		p.page.Links = append(p.page.Links, Link{Target: def[1], Line: number})
	}
	for _, link := range inlineLink.FindAllStringSubmatch(text, -1) {
		p.page.Links = append(p.page.Links, Link{Target: link[1], Line: number})
	}
}

// cells splits a row at its pipes; an escaped pipe is part of a cell.
func cells(row string) []string {
	const escaped = "\x00"
	row = strings.ReplaceAll(row, `\|`, escaped)
	row = strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|")
	split := strings.Split(row, "|")
	for i, cell := range split {
		split[i] = strings.TrimSpace(strings.ReplaceAll(cell, escaped, "|"))
	}
	return split
}

// notApplied is the comment that, in the line above a block, says that its YAML is not meant for an API server.
const notApplied = "<!-- not applied -->"

// IsYAML says whether the block is marked as YAML.
func (f Fence) IsYAML() bool { return f.Language == "yaml" || f.Language == "yml" }

// IsShell says whether the block is marked as commands or as a session at a terminal.
func (f Fence) IsShell() bool {
	switch f.Language {
	case "sh", "bash", "shell", "console":
		return true
	default:
		return false
	}
}

// NotApplied says whether the page declares that the block is not meant for an API server.
func (f Fence) NotApplied() bool { return f.Above == notApplied }
