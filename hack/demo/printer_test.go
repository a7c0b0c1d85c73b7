// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestShellLine(t *testing.T) {
	long := "--flag=" + strings.Repeat("x", 60)
	for name, test := range map[string]struct {
		words []string
		want  string
	}{
		"plain words stay as they are": {
			words: []string{"kubectl", "wait", "--for=condition=Ready", "vectarajob/completes"},
			want:  "kubectl wait --for=condition=Ready vectarajob/completes",
		},
		"a space needs quotes": {
			words: []string{"echo", "a b"},
			want:  "echo 'a b'",
		},
		"an empty word needs quotes": {
			words: []string{"echo", ""},
			want:  "echo ''",
		},
		"a quote needs more than quotes": {
			words: []string{"echo", "it's"},
			want:  `echo 'it'\''s'`,
		},
		"what the shell would expand needs quotes": {
			words: []string{"echo", "$HOME"},
			want:  "echo '$HOME'",
		},
		"a long command has a line for each argument": {
			words: []string{"manager", long, long},
			want:  "manager \\\n    " + long + " \\\n    " + long,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := shellLine(test.words); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestOnlyATerminalGetsStyle(t *testing.T) {
	for name, test := range map[string]struct {
		width int
		want  string
	}{
		"a file gets plain text":           {0, "x"},
		"a terminal gets escape sequences": {80, bold + "x" + plain},
	} {
		t.Run(name, func(t *testing.T) {
			p := &printer{width: func() int { return test.width }}
			if got := p.styled(bold, "x"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
