// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// value is one encoded JSON value: valid, and without space around it. No bytes at all are the
// value of a field that is not there. Each value is decoded for itself, so that one that is not
// what it should be costs no other.
//
// encoding/json checks what arrives, once and as a whole. The walk over it after that is
// this package's own: it needs no map per object, and distinguishes names by case.
type value []byte

// parseValue checks that data is one JSON value with nothing behind it.
func parseValue(data []byte) (value, bool) {
	if !json.Valid(data) {
		return nil, false
	}
	return bytes.Trim(data, jsonSpace), true
}

func (v value) isObject() bool { return len(v) > 0 && v[0] == '{' }

func (v value) isList() bool { return len(v) > 0 && v[0] == '[' }

// isNothing reports whether the value is null or not there.
func (v value) isNothing() bool { return len(v) == 0 || v[0] == 'n' }

// members gives the names and values of an object, in their order and with those that come twice; of
// anything else none. The names are decoded, but for bytes that are not UTF-8.
func (v value) members() iter.Seq2[[]byte, value] {
	return func(yield func([]byte, value) bool) {
		if !v.isObject() {
			return
		}
		for rest := skipSpace(v[1:]); rest[0] != '}'; {
			name, member := value(nil), value(nil)
			name, rest = cutValue(rest)
			member, rest = cutValue(skipSpace(rest[1:])) // Behind the colon.
			if !yield(name.name(), member) {
				return
			}
			rest = skipComma(rest)
		}
	}
}

// elements gives the elements of a list; of anything else none.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		if !v.isList() {
			return
		}
		for rest := skipSpace(v[1:]); rest[0] != ']'; {
			element := value(nil)
			element, rest = cutValue(rest)
			if !yield(element) {
				return
			}
			rest = skipComma(rest)
		}
	}
}

// name decodes the name of a member.
func (v value) name() []byte {
	if bytes.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1]
	}
	return []byte(v.text())
}

// text is a string, or "" for anything else.
func (v value) text() string {
	text, _ := v.asText()
	return text
}

// asText decodes a string. Other values, null among them, are none.
func (v value) asText() (string, bool) {
	if len(v) == 0 || v[0] != '"' {
		return "", false
	}
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true // The usual case: it stands for itself.
	}
	var text string
	err := json.Unmarshal(v, &text)
	return text, err == nil
}

// texts is a list of strings, less the elements that are not strings and those beyond the first so many.
func (v value) texts(most int) []string {
	var texts []string
	for element := range v.elements() {
		if len(texts) == most {
			break
		}
		if text, ok := element.asText(); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// time reads a string in RFC 3339, whose T and Z may be in lower case (section 5.6). What cannot be
// written again as RFC 3339, in full or to the second, is zero: Kubernetes keeps times to the
// second and takes the zero time for none.
func (v value) time() time.Time {
	t, ok := v.asTime()
	if !ok {
		return time.Time{}
	}
	t = t.UTC()
	if year := t.Year(); year < 1 || year > 9999 || t.Truncate(time.Second).IsZero() {
		return time.Time{}
	}
	return t
}

// asTime decodes a time. The first way is the usual one and the quick one: it takes fewer forms, and no copy.
func (v value) asTime() (time.Time, bool) {
	var t time.Time
	if len(v) > 1 && v[0] == '"' && t.UnmarshalText(v[1:len(v)-1]) == nil {
		return t, true
	}
	t, err := time.Parse(time.RFC3339, strings.ToUpper(v.text()))
	return t, err == nil
}
