// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// maxTokens is how many access tokens a redactor knows at once: the one in use and those before
// it, which a slow request may still carry.
const maxTokens = 4

// maxFormer is how many former secrets a redactor knows at once.
const maxFormer = 4

// redactor replaces the credentials of one session, in every form in which a response may echo them.
// It is safe for concurrent use.
type redactor struct {
	known atomic.Pointer[secrets]

	mu     sync.Mutex
	secret string
	former []string
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
	r.tokens = appendBounded(r.tokens, token, maxTokens)
	r.rebuild()
}

// addFormer makes the redactor know a secret that was in use before. The oldest of too many is forgotten.
func (r *redactor) addFormer(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if secret == r.secret || slices.Contains(r.former, secret) {
		return
	}
	r.former = appendBounded(r.former, secret, maxFormer)
	r.rebuild()
}

// appendBounded drops the first elements of a list that becomes longer than most.
func appendBounded(list []string, last string, most int) []string {
	list = append(list, last)
	return slices.Delete(list, 0, max(0, len(list)-most))
}

func (r *redactor) rebuild() {
	forms := secretForms(r.secret)
	for _, secret := range slices.Concat(r.former, r.tokens) {
		forms = append(forms, secretForms(secret)...)
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
