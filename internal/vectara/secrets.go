// SPDX-License-Identifier: Apache-2.0

package vectara

import "strings"

// secrets are forms of credentials. They never change.
type secrets struct {
	// starting holds the forms by their first byte.
	starting [256][]string
	// pairs is a set of bits: whether a form starts with two bytes. Hex starts like any number, so that
	// its first byte alone would make most texts be compared with many forms.
	pairs    [1 << 16 / 64]uint64
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
		if len(form) > 1 {
			s.addPair(form[0], form[1])
			continue
		}
		for second := range 256 {
			s.addPair(form[0], byte(second))
		}
	}
	s.replacer = strings.NewReplacer(pairs...)
	return &s
}

func (s *secrets) addPair(first, second byte) {
	pair := uint(first)<<8 | uint(second)
	s.pairs[pair/64] |= 1 << (pair % 64)
}

func (s *secrets) hasPair(first, second byte) bool {
	pair := uint(first)<<8 | uint(second)
	return s.pairs[pair/64]&(1<<(pair%64)) != 0
}

// replaceIn hides all secrets in text. Hardly any text holds one, and a strings.Replacer copies its text
// whether it finds something or not, so texts without one are recognised first.
func (s *secrets) replaceIn(text string) string {
	for i := range len(text) {
		if i+1 < len(text) && !s.hasPair(text[i], text[i+1]) {
			continue
		}
		for _, form := range s.starting[text[i]] {
			if strings.HasPrefix(text[i:], form) {
				return s.replacer.Replace(text)
			}
		}
	}
	return text
}
