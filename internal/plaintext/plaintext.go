// SPDX-License-Identifier: Apache-2.0

// Package plaintext makes text from elsewhere fit to be shown: in events, logs, conditions, and on a terminal. Vectara may send
// any text.
package plaintext

import (
	"strings"
	"unicode"
)

// Ellipsis ends what was cut.
const Ellipsis = "…"

// Some scripts and emoji need these.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// OneLine makes one line of a text, as valid UTF-8 without anything that a terminal would obey, and without format characters,
// which can turn the direction of writing around or hide what follows.
func OneLine(text string) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	})
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner && r != zeroWidthNonJoiner {
			return -1
		}
		return r
	}, strings.Join(words, " "))
}

// Clip cuts a text to a number of characters, at least 1, the last of which is then Ellipsis.
func Clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:max(most, 1)-1]) + Ellipsis
}
