// SPDX-License-Identifier: Apache-2.0

// Package words puts VectaraJobs into words for people: a line, a table, a page. Everything in it is a pure function of
// the objects and the time.
package words

import (
	"strings"
)

// longestWord is the longest word that is not broken, in characters: more than the IDs that Vectara gives, and names.
const longestWord = 120

// wrap breaks a text into lines of at most so many characters, at spaces. A word that is a little longer gets a line of its
// own, such as an ID or a command, which can be copied then; what is longer still is broken: some scripts have no spaces.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		for runes := []rune(word); len(runes) > longestWord; runes = []rune(word) {
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			lines, word = append(lines, string(runes[:width])), string(runes[width:])
		}
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
