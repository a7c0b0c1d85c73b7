// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestRedactReplacesEveryForm(t *testing.T) {
	const secret = `p"a\s+s/w=o&r<d>`
	cases := map[string]string{
		"as it is":              secret,
		"escaped for a query":   url.QueryEscape(secret),
		"escaped for a path":    url.PathEscape(secret),
		"escaped in lower case": lowerEscapes(url.QueryEscape(secret)),
		"in JSON":               `p\"a\\s+s/w=o&r<d>`,
		"in JSON for HTML":      `p\"a\\s+s/w=o\u0026r\u003cd\u003e`,
		"in hex":                "7022615c732b732f773d6f26723c643e",
		"in upper-case hex":     "7022615C732B732F773D6F26723C643E",
		"in hex with spaces":    "70 22 61 5c 73 2b 73 2f 77 3d 6f 26 72 3c 64 3e",
		"in hex with colons":    "70:22:61:5c:73:2b:73:2f:77:3d:6f:26:72:3c:64:3e",
		"in hex with hyphens":   "70-22-61-5C-73-2B-73-2F-77-3D-6F-26-72-3C-64-3E",
	}
	for name, form := range cases {
		t.Run(name, func(t *testing.T) {
			if got := newRedactor(secret).redact("<" + form + "|" + form + ">"); got != "<[redacted]|[redacted]>" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestRedactFindsBase64AtEveryOffset(t *testing.T) {
	redactor := newRedactor(testSecret)
	for before := range 7 {
		for after := range 4 {
			text := strings.Repeat("u", before) + testSecret + strings.Repeat("v", after)
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
				form := encoding.EncodeToString([]byte(text))
				got := redactor.redact("[" + form + "]")
				if !strings.Contains(got, hidden) {
					t.Fatalf("%q: nothing was redacted of %q", text, form)
				}
				// What is left besides the neighbours are at most the characters that the secret shares with them.
				if left := len(got) - len("[]") - len(hidden); left > (before+after)*4/3+6 {
					t.Errorf("%q: too much is left: %q", text, got)
				}
			}
		}
	}
}

func TestRedactLeavesOtherTextAlone(t *testing.T) {
	const text = "the job failed: corpus legal has no attribute zut"
	redactor := newRedactor(testKey)
	redactor.addToken("a") // Nothing but the token itself goes, however short it is.
	if got, want := redactor.redact(text), strings.ReplaceAll(text, "a", hidden); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := newRedactor("").redact(text); got != text {
		t.Errorf("without a secret: got %q", got)
	}
}

func TestRedactorKnowsTheLastTokens(t *testing.T) {
	redactor := newRedactor(testSecret)
	token := func(i int) string { return fmt.Sprintf("access-token-%02d", i) }
	for i := range 10 {
		redactor.addToken(token(i))
		redactor.addToken(token(i))
	}
	for i := range 10 {
		redacted := redactor.redact(token(i)) == hidden
		if want := i >= 10-maxTokens; redacted != want {
			t.Errorf("token %d is redacted: %v, want %v", i, redacted, want)
		}
	}
	if redactor.redact(testSecret) != hidden {
		t.Error("the secret was forgotten")
	}
}

func TestRedactReplacesTokensInHex(t *testing.T) {
	redactor := newRedactor(testKey)
	redactor.addToken(testToken)
	if got := redactor.redact(fmt.Sprintf("%x|%X", testToken, testToken)); got != hidden+"|"+hidden {
		t.Errorf("got %q", got)
	}
}

func TestRedactorPrefersTheLongerOfTwo(t *testing.T) {
	redactor := newRedactor("abcdefgh")
	redactor.addToken("abcdefghijkl")
	if got := redactor.redact("abcdefghijkl abcdefgh"); got != "[redacted] [redacted]" {
		t.Errorf("got %q", got)
	}
}
