// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// The pages that show parts of what the demo prints.
const (
	readmePage          = "README.md"
	troubleshootingPage = "docs/troubleshooting.md"
)

// The values of DOCS in the environment.
const (
	docsCheck  = "check"  // to fail unless the pages show what the demo printed
	docsUpdate = "update" // to have them show it
)

// What stands around an excerpt on a page.
const (
	excerptBegin = "<!-- demo excerpt: begin -->\n```text\n"
	excerptEnd   = "```\n<!-- demo excerpt: end -->"
)

// excerpt is a part of what the demo printed.
type excerpt struct {
	text string
	// sideBySide says that each line is about the job that its second word names. Which of two jobs is shown first is
	// chance then.
	sideBySide bool
}

// errStale is an excerpt that is not what the demo printed. The operator has nothing to do with it.
var errStale = errors.New("run 'make demo DOCS=" + docsUpdate + "'")

// keepExcerpt keeps an excerpt as the next one of a page.
func (d *demo) keepExcerpt(page string, e excerpt) {
	if d.excerpts == nil {
		d.excerpts = map[string][]excerpt{}
	}
	d.excerpts[page] = append(d.excerpts[page], e)
}

// settleDocs checks or updates the pages, if DOCS says so.
func (d *demo) settleDocs() error {
	if d.docs == "" {
		return nil
	}
	repository, err := harness.Repository()
	if err != nil {
		return err
	}
	d.out.line("")
	for _, page := range []string{readmePage, troubleshootingPage} {
		path := filepath.Join(repository, filepath.FromSlash(page))
		shown, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fresh, difference, err := refresh(string(shown), d.excerpts[page])
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", page, err)
		case difference == "":
			d.out.line("%s  %s shows what was printed here", d.out.styled(green, "ok  "), page)
		case d.docs == docsCheck:
			return fmt.Errorf("%s does not show what the demo prints (%s): %w", page, difference, errStale)
		default:
			if err := os.WriteFile(path, []byte(fresh), 0o644); err != nil {
				return err
			}
			d.out.line("%s now shows what was printed here", page)
		}
	}
	return nil
}

// refresh puts what was printed into the excerpts of a page. An excerpt that differs in nothing but times and the like
// stays as it is. The difference is the first one, and empty if there is none.
func refresh(page string, all []excerpt) (fresh, difference string, err error) {
	var text strings.Builder
	rest := page
	for _, printed := range all {
		before, after, begins := strings.Cut(rest, excerptBegin)
		shown, after, ends := strings.Cut(after, excerptEnd)
		if !begins || !ends {
			return "", "", fmt.Errorf("expected %d excerpts of the demo", len(all))
		}
		text.WriteString(before + excerptBegin)
		if line := printed.difference(shown); line != "" {
			if difference == "" {
				difference = line
			}
			shown = strings.TrimRight(printed.text, "\n") + "\n"
		}
		text.WriteString(shown + excerptEnd)
		rest = after
	}
	if strings.Contains(rest, excerptBegin) {
		return "", "", fmt.Errorf("expected only %d excerpts of the demo", len(all))
	}
	text.WriteString(rest)
	return text.String(), difference, nil
}

// difference says where what a page shows parts from the excerpt, apart from what differs between runs. It is empty if it
// does not.
func (e excerpt) difference(shown string) string {
	a, b := e.essentials(shown), e.essentials(e.text)
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("it lacks %q", b[i])
		case i >= len(b):
			return fmt.Sprintf("it shows %q, which was not printed", a[i])
		case a[i] != b[i]:
			return fmt.Sprintf("it shows %q instead of %q", a[i], b[i])
		}
	}
	return ""
}

// varying is what differs between two runs, and what to take for it. The order matters.
var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "TIMESTAMP"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UID"},
	{regexp.MustCompile(`(Resource Version:\s+)\d+`), "${1}N"},
	{regexp.MustCompile(`\b(\d+m)?\d+s\b`), "DURATION"},
	{regexp.MustCompile(` +`), " "},
	{regexp.MustCompile(`-{3,}`), "---"},
}

// unanswered is the row of a VectaraJob that kubectl was faster to show than the operator to poll.
var unanswered = regexp.MustCompile(`^\+DURATION [a-z]+$`)

// essentials are the lines of a text without what differs between two runs, and in an order that does not.
func (e excerpt) essentials(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		for _, v := range varying {
			line = v.pattern.ReplaceAllString(line, v.instead)
		}
		if line = strings.TrimSpace(line); line != "" && !unanswered.MatchString(line) {
			lines = append(lines, line)
		}
	}
	if e.sideBySide {
		slices.SortStableFunc(lines, func(a, b string) int { return cmp.Compare(secondWord(a), secondWord(b)) })
	}
	return lines
}

func secondWord(line string) string {
	if words := strings.Fields(line); len(words) > 1 {
		return words[1]
	}
	return ""
}

// docsWish reads DOCS.
func docsWish(value string) (string, error) {
	switch value {
	case "", docsCheck, docsUpdate:
		return value, nil
	default:
		return "", errors.New("DOCS: expected " + docsCheck + " or " + docsUpdate)
	}
}
