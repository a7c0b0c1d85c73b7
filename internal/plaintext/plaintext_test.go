// SPDX-License-Identifier: Apache-2.0

package plaintext

import "testing"

func TestOneLineLeavesNothingThatATerminalWouldObey(t *testing.T) {
	for text, want := range map[string]string{
		"two\r\nlines\tand more":     "two lines and more",
		"\x1b[31mred\x1b[0m\a":       "[31mred [0m",
		"turned \u202eround":         "turned round",
		"not \xff UTF-8":             "not \uFFFD UTF-8",
		"  ordinary text, ñandú 日本 ": "ordinary text, ñandú 日本",
		"\u009b31m":                  "31m",
		"می\u200cسازد 👩\u200d🔧":      "می\u200cسازد 👩\u200d🔧",
		"a\U000E0041b\u2060c\ufeff":  "abc",
	} {
		if got := OneLine(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for most, want := range map[int]string{0: "…", 1: "…", 4: "abé…", 5: "abéde", 6: "abéde"} {
		if got := Clip("abéde", most); got != want {
			t.Errorf("cut to %d it is %q, want %q", most, got, want)
		}
	}
}
