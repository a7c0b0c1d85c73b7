// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// maxTokens is how many access tokens a redactor knows at once: the one in use and those before
// it, which a slow request may still carry.
const maxTokens = 4

// redactor replaces the credentials of one session, in every form in which an answer may echo them.
// It is safe for concurrent use.
type redactor struct {
	known atomic.Pointer[secrets]

	mu     sync.Mutex
	secret string
	tokens []string
}

// newRedactor makes a redactor for secret, an API key or a client's secret.
func newRedactor(secret string) *redactor {
	r := &redactor{secret: secret}
	r.rebuild()
	return r
}

// addToken makes the redactor know an access token. The oldest of too many is forgotten.
func (r *redactor) addToken(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.tokens, token) {
		return
	}
	r.tokens = append(r.tokens, token)
	if surplus := len(r.tokens) - maxTokens; surplus > 0 {
		r.tokens = slices.Delete(r.tokens, 0, surplus)
	}
	r.rebuild()
}

func (r *redactor) rebuild() {
	forms := secretForms(r.secret)
	for _, token := range r.tokens {
		forms = append(forms, secretForms(token)...)
	}
	// Where two forms start at the same place the longer one has to win, or its end would stay.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	r.known.Store(newSecrets(slices.Compact(forms)))
}

// redact replaces every known credential in text. It has to come before any truncation, which could
// leave a part that is no longer recognised.
func (r *redactor) redact(text string) string {
	return r.known.Load().replaceIn(text)
}

// secrets are forms of credentials. They never change.
type secrets struct {
	// starting holds the forms by their first byte.
	starting [256][]string
	replacer *strings.Replacer
}

// newSecrets takes the forms in the order in which they are to be tried at the same place.
func newSecrets(forms []string) *secrets {
	var (
		s     secrets
		pairs []string
	)
	for _, form := range forms {
		s.starting[form[0]] = append(s.starting[form[0]], form)
		pairs = append(pairs, form, hidden)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return &s
}

// replaceIn hides all secrets in text. Next to no text holds one, and a strings.Replacer copies its text
// whether it finds something or not: so one looks before.
func (s *secrets) replaceIn(text string) string {
	for i := range len(text) {
		for _, form := range s.starting[text[i]] {
			if strings.HasPrefix(text[i:], form) {
				return s.replacer.Replace(text)
			}
		}
	}
	return text
}

// secretForms lists how a secret may appear in text: as it is, escaped for a URL or for JSON, and
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
