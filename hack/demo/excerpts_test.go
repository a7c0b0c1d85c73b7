// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// page is a page that shows texts as excerpts.
func page(texts ...string) string {
	var all strings.Builder
	all.WriteString("# Page\n\n")
	for _, text := range texts {
		all.WriteString(excerptBegin + text + excerptEnd + "\n\nMore.\n")
	}
	return all.String()
}

func TestExcerptsAreBroughtUpToDate(t *testing.T) {
	const shown = "  +2s  fails    queued  Queued\n  +2s  retries  queued  Queued\n  +9s  fails    failed  Failed\n"
	for name, test := range map[string]struct {
		printed    string
		sideBySide bool
		fresh      bool
		says       string // part of the difference
	}{
		"the same":                          {printed: shown, fresh: true},
		"other times":                       {printed: strings.ReplaceAll(strings.ReplaceAll(shown, "  +9s", "+1m1s"), "+2s", "+3s"), fresh: true},
		"other widths":                      {printed: strings.ReplaceAll(shown, "queued  ", "queued     "), fresh: true},
		"a row before the first poll":       {printed: "  +1s  fails\n" + shown, fresh: true},
		"another word":                      {printed: strings.Replace(shown, "Failed", "Broken", 1), says: `"+DURATION fails failed Failed" instead of "+DURATION fails failed Broken"`},
		"a line more":                       {printed: shown + "the end\n", says: `it lacks "the end"`},
		"a line less":                       {printed: "  +2s  fails    queued  Queued\n  +2s  retries  queued  Queued\n", says: "which was not printed"},
		"another order":                     {printed: swapped(shown), says: "instead of"},
		"another order of jobs":             {printed: swapped(shown), sideBySide: true, fresh: true},
		"another order of what one job did": {printed: "  +2s  fails    failed  Failed\n  +2s  retries  queued  Queued\n  +9s  fails    queued  Queued\n", sideBySide: true, says: "instead of"},
	} {
		t.Run(name, func(t *testing.T) {
			before := page("first\n", shown)
			after, difference, err := refresh(before, []excerpt{{text: "first"}, {text: test.printed, sideBySide: test.sideBySide}})
			if err != nil {
				t.Fatal(err)
			}
			want := page("first\n", test.printed)
			if test.fresh {
				want = before
			}
			if after != want {
				t.Errorf("the page is\n%s\nwant\n%s", after, want)
			}
			if (difference == "") != test.fresh || !strings.Contains(difference, test.says) {
				t.Errorf("the difference is %q, want one that says %q", difference, test.says)
			}
		})
	}
}

func TestWhatDiffersBetweenRunsMakesNoDifference(t *testing.T) {
	for name, test := range map[string]struct{ shown, printed string }{
		"times":             {"Created At:  2026-01-31T12:00:00Z", "Created At:  2026-02-01T00:01:02Z"},
		"UIDs":              {"UID: 407a3918-b824-4cbb-bfa4-4a36aa7b2875", "UID: 28b982ae-edc1-4992-9b9e-1b0cf978f58b"},
		"resource versions": {"Resource Version:  278", "Resource Version:    1003"},
		"durations":         {"timeInStateBefore=6s runTime=59s", "timeInStateBefore=7s runTime=1m0s"},
		"rules of tables":   {"----  ---", "------  -----"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (excerpt{text: test.printed}).difference(test.shown); got != "" {
				t.Errorf("the difference is: %s", got)
			}
		})
	}
}

func TestAPageNeedsAsManyExcerptsAsThereAre(t *testing.T) {
	for name, text := range map[string]string{
		"none":                  "# Page\n",
		"too few":               page("a\n"),
		"too many":              page("a\n", "b\n", "c\n"),
		"one that does not end": page("a\n") + excerptBegin + "b\n```\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := refresh(text, []excerpt{{text: "a"}, {text: "b"}}); err == nil {
				t.Error("there is no error")
			}
		})
	}
}

func TestThePagesHaveTheExcerptsThatTheDemoKeeps(t *testing.T) {
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{readmePage: 1, troubleshootingPage: 2} {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(text), excerptBegin); got != want || strings.Count(string(text), excerptEnd) != want {
			t.Errorf("%s has %d excerpts, want %d", name, got, want)
		}
	}
}

func TestDOCSIsAWordThatTheDemoKnows(t *testing.T) {
	for value, known := range map[string]bool{"": true, "check": true, "update": true, "yes": false} {
		if _, err := docsWish(value); (err == nil) != known {
			t.Errorf("DOCS=%s: got the error %v", value, err)
		}
	}
}

// swapped is a text whose first two lines have changed places.
func swapped(text string) string {
	lines := strings.SplitAfterN(text, "\n", 3)
	return lines[1] + lines[0] + lines[2]
}
