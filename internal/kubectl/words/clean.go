// SPDX-License-Identifier: Apache-2.0

// Package words puts VectaraJobs into words for people: a line, a table, a page. Everything in it is a pure function of
// the objects and the time.
package words

import (
	"strings"
	"unicode"
)

// ellipsis ends what was cut.
const ellipsis = "…"

// Clean makes one line of a text that comes from elsewhere, without anything that a terminal would obey. What Vectara
// says is mirrored as it is, and may hold anything.
func Clean(text string) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	})
	return strings.Map(func(r rune) rune {
		// Format characters can turn the direction of writing around or hide what follows.
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.Join(words, " "))
}

// Clip cuts a text to a number of characters, at least 1, the last of which is then "…".
func Clip(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:max(most, 1)-1]) + ellipsis
}

// wrap breaks a text into lines of at most so many characters, at spaces. A word that is longer gets a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
