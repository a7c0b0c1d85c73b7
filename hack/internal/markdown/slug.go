// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var linkText = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)

// Slug is the anchor that GitHub gives a heading: its text in lower case, spaces as hyphens, and of everything else
// only letters, digits, hyphens and underscores. A page's second heading of the same text gets "-1" appended, and so on.
func Slug(heading string) string {
	heading = linkText.ReplaceAllString(heading, "$1")
	var slug strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(heading)) {
		switch {
		case r == ' ':
			slug.WriteByte('-')
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			slug.WriteRune(r)
		}
	}
	return slug.String()
}

func numbered(slug string, earlier int) string {
	if earlier == 0 {
		return slug
	}
	return slug + "-" + strconv.Itoa(earlier)
}
