// SPDX-License-Identifier: Apache-2.0

package markdown_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// page joins lines, in which ' stands for a backtick.
func page(lines ...string) markdown.Page {
	return markdown.Parse(strings.ReplaceAll(strings.Join(lines, "\n"), "'", "`"))
}

func TestFences(t *testing.T) {
	tests := map[string]struct {
		lines []string
		want  []markdown.Fence
	}{
		"a block has its language, text and line": {
			lines: []string{"# Title", "", "'''YAML", "a: 1", "", "b: 2", "'''"},
			want:  []markdown.Fence{{Language: "yaml", Text: "a: 1\n\nb: 2\n", Above: "# Title", Line: 3}},
		},
		"a block may say more than its language": {
			lines: []string{"'''sh title=x", "make", "'''"},
			want:  []markdown.Fence{{Language: "sh", Text: "make\n", Line: 1}},
		},
		"longer backticks enclose shorter ones": {
			lines: []string{"''''", "'''yaml", "'''", "''''"},
			want:  []markdown.Fence{{Text: "'''yaml\n'''\n", Line: 1}},
		},
		"a block in a list is found": {
			lines: []string{"1. First:", "", "   '''sh", "   ls", "   '''"},
			want:  []markdown.Fence{{Language: "sh", Text: "   ls\n", Above: "1. First:", Line: 3}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for i := range tt.want {
				tt.want[i].Text = strings.ReplaceAll(tt.want[i].Text, "'", "`")
			}
			if got := page(tt.lines...).Fences; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestABlockBelowTheCommentIsNotApplied(t *testing.T) {
	fences := page("<!-- not applied -->", "'''yaml", "'''", "'''yaml", "'''").Fences
	if len(fences) != 2 || !fences[0].NotApplied() || fences[1].NotApplied() {
		t.Errorf("want the first of two blocks to be marked, got %+v", fences)
	}
}

func TestLinks(t *testing.T) {
	tests := map[string]struct {
		line string
		want []string
	}{
		"an inline link":              {"see [this](docs/a.md#b) and [that](#c)", []string{"docs/a.md#b", "#c"}},
		"an image inside a link":      {"[![badge](b.svg)](LICENSE)", []string{"b.svg", "LICENSE"}},
		"a link with a title":         {`[a](b.md "why")`, []string{"b.md"}},
		"a link whose text is code":   {"['make'](Makefile)", []string{"Makefile"}},
		"a reference's definition":    {"[a]: docs/b.md", []string{"docs/b.md"}},
		"a link in code is none":      {"write '[a](b)'", nil},
		"a link in a comment is none": {"<!-- [a](b) -->", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, link := range page(tt.line).Links {
				got = append(got, link.Target)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAnchors(t *testing.T) {
	got := slices.Sorted(maps.Keys(page(
		"# The 'VectaraJob', in short!", "## Again", "### Again", "## [Linked](x.md) & co", "<a id=\"old-name\"></a>",
		"'''sh", "# no heading", "'''",
	).Anchors))
	want := []string{"again", "again-1", "linked--co", "old-name", "the-vectarajob-in-short"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRowsKnowTheirSection(t *testing.T) {
	rows := page("# Flags", "| flag | |", "|---|---|", "| '--a' | x \\| y |").Rows
	want := markdown.Row{Cells: []string{"`--a`", "x | y"}, Section: "Flags", Line: 4}
	if len(rows) != 3 || !reflect.DeepEqual(rows[2], want) {
		t.Errorf("got %+v, want three rows of which the last is %+v", rows, want)
	}
}

func TestReadAllFindsPagesAtTheTopAndInDocs(t *testing.T) {
	empty := &fstest.MapFile{}
	pages, err := markdown.ReadAll(fstest.MapFS{
		"README.md": empty, "docs/a.md": empty, "docs/b/c.md": empty, "docs/d.txt": empty, "internal/e.md": empty,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(pages))
	if want := []string{"README.md", "docs/a.md", "docs/b/c.md"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadAllNeedsNoDocsFolder(t *testing.T) {
	pages, err := markdown.ReadAll(fstest.MapFS{"README.md": &fstest.MapFile{}})
	if err != nil || len(pages) != 1 {
		t.Errorf("got %d pages and error %v, want one page", len(pages), err)
	}
}
