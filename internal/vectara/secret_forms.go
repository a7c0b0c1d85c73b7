// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// secretForms lists how a secret may appear in text: as it is, escaped for a URL or for JSON, in hex, and
// in base64, alone or within something longer.
func secretForms(secret string) []string {
	if secret == "" {
		return nil
	}
	forms := []string{secret}
	if len(secret) < minSecretLength {
		return forms // Parts of its base64 would be found in innocent words.
	}
	for _, escaped := range []string{url.QueryEscape(secret), url.PathEscape(secret), escapeComponent(secret)} {
		forms = append(forms, escaped, lowerEscapes(escaped))
	}
	forms = append(forms, jsonEscapes.Replace(secret))
	if quoted, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(quoted[1:len(quoted)-1])) // This one also escapes <, > and &.
	}
	forms = append(forms, hexForms(secret)...)
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		forms = append(forms, encoding.EncodeToString([]byte(secret)))
		for offset := range 3 {
			forms = append(forms, base64Core(encoding, secret, offset))
		}
	}
	return forms
}

var jsonEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// marks are what browsers and JavaScript leave as it is in a query, and Go escapes.
var marks = strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

// escapeComponent escapes as JavaScript's encodeURIComponent does.
func escapeComponent(secret string) string { return marks.Replace(url.QueryEscape(secret)) }

// lowerEscapes writes the percent escapes in lower case, which means the same.
func lowerEscapes(escaped string) string {
	lower := []byte(escaped)
	for i := range lower {
		if lower[i] == '%' && i+2 < len(lower) {
			copy(lower[i+1:i+3], strings.ToLower(escaped[i+1:i+3]))
		}
	}
	return string(lower)
}

// base64Core is what the secret contributes to the base64 of a text in which it follows offset other bytes
// (modulo 3), less the characters at both ends that it shares with its neighbours. So
// "id:secret" is recognised as well as the secret alone.
func base64Core(encoding *base64.Encoding, secret string, offset int) string {
	encoded := encoding.EncodeToString(append(make([]byte, offset), secret...))
	first := (offset*8 + 5) / 6
	end := (offset + len(secret)) * 8 / 6
	return encoded[first:end]
}

// hexForms writes the bytes of a secret in hex, in both cases, with and without something between two bytes.
func hexForms(secret string) []string {
	var forms []string
	for _, format := range []string{"%x", "% x"} {
		lower := fmt.Sprintf(format, secret)
		forms = append(forms, lower, strings.ToUpper(lower))
	}
	for _, spaced := range forms[2:] {
		forms = append(forms, strings.ReplaceAll(spaced, " ", ":"), strings.ReplaceAll(spaced, " ", "-"))
	}
	return forms
}
