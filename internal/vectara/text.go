// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// visibleASCII reports whether all of s is printable ASCII other than the space, which is what
// a header value can carry unchanged at any place.
func visibleASCII(s string) bool {
	return printableASCII(s) && !strings.Contains(s, " ")
}

// printableASCII reports whether all of s is printable ASCII, the space included.
func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// oneLine makes a foreign text fit for a log line or a condition's message: valid UTF-8 without control
// characters, trimmed, and at most limit bytes long.
func oneLine(text string, limit int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	text = strings.TrimSpace(strings.Map(spaceForControl, text))
	return strings.TrimSpace(truncate(text, limit))
}

// spaceForControl also replaces what breaks lines or turns the direction of writing: both
// can make a terminal show something else than what was said.
func spaceForControl(r rune) rune {
	if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
		return ' '
	}
	return r
}

// truncate cuts text to at most limit bytes without cutting a character in two.
func truncate(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
