// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// FuzzParseCredentials holds for any data of a Secret: no panic; what is accepted can be sent as it is, in one header or a form, and is
// what the Secret holds but for white space around it; what is refused is refused in words that show no value.
func FuzzParseCredentials(f *testing.F) {
	const secret = "very-secret-client-secret"
	for _, seed := range [][4]string{
		{testAPIKey, "", "", ""}, {"", "operator", secret, ""}, {testAPIKey, "operator", secret, ""}, {"", "operator", "", ""}, {"", "", secret, ""},
		{testAPIKey + "\n", "", "", "note"}, {" \t" + testAPIKey + "\r\n\r\n", " ", "\n", ""}, {"short", "", "", ""}, {"zut_very\nsecret", "", "", ""},
		{"", "operator", "p\u00e4ssw\u00f6rtchen", ""}, {"\xff\xfe canary", "", "", "\x00"}, {"\u2003" + testAPIKey + "\u00a0", "", "", ""},
		{strings.Repeat("k", 4097), "", "", ""}, {"", strings.Repeat("i", 513), secret, ""}, {"%s%d%v%!w", "", "", ""},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]), []byte(seed[2]), []byte(seed[3]))
	}
	f.Fuzz(func(t *testing.T, key, id, secret, other []byte) {
		key, id, secret, other = marked(key), marked(id), marked(secret), marked(other)
		data := map[string][]byte{v1alpha1.APIKeyKey: key, v1alpha1.ClientIDKey: id, v1alpha1.ClientSecretKey: secret, "other": other}
		parsed, err := parseCredentials(data)
		if err != nil {
			wantNoCanary(t, credentialsInvalid(testSecret, err).text)
			if parsed != (vectara.Credentials{}) {
				t.Fatal("something was accepted and refused")
			}
			return
		}
		if (parsed.APIKey == "") == (parsed.ClientID == "" || parsed.ClientSecret == "") {
			t.Fatal("neither an API key nor a client was accepted, or both were")
		}
		for _, field := range []struct {
			value string
			from  []byte
		}{{parsed.APIKey, key}, {parsed.ClientID, id}, {parsed.ClientSecret, secret}} {
			if strings.TrimSpace(string(field.from)) != field.value || strings.ContainsFunc(field.value, isNotVisibleASCII) {
				t.Fatal("the value is not what the Secret holds, or cannot be sent")
			}
		}
		var invalid *vectara.CredentialsError
		if err := parsed.Validate(); errors.As(err, &invalid) {
			t.Fatalf("the client refuses what was accepted: %v", err)
		}
	})
}

func isNotVisibleASCII(r rune) bool { return r <= ' ' || r > '~' }

// marked puts a word into a value that no message has by chance.
func marked(value []byte) []byte {
	if len(bytes.TrimSpace(value)) == 0 {
		return value
	}
	return slices.Concat(value[:len(value)/2], []byte("canary"), value[len(value)/2:])
}

func wantNoCanary(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, "canary") || !utf8.ValidString(text) {
		t.Fatalf("the message shows a value: %q", text)
	}
}
