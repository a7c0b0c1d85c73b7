// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// object is a JSON object whose values are still encoded. Each field is decoded for itself, so that one
// that is not what it should be costs no other. Names are matched exactly, and of
// two fields with the same name the last one counts.
type object map[string]json.RawMessage

// parseObject reads data as one JSON object with nothing behind it.
func parseObject(data []byte) (object, bool) {
	var fields object
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, false
	}
	return fields, true
}

// text is the string with the given name, or "" if there is none.
func (o object) text(name string) string {
	text, _ := parseText(o[name])
	return text
}

// texts is the list of strings with the given name, less the elements that are not strings.
func (o object) texts(name string) []string {
	var elements []json.RawMessage
	if json.Unmarshal(o[name], &elements) != nil {
		return nil
	}
	var texts []string
	for _, element := range elements {
		if text, ok := parseText(element); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// time is the time with the given name, or zero if there is none that can be used.
func (o object) time(name string) time.Time {
	return parseTime(o.text(name))
}

// parseText decodes a JSON string. Other values, null among them, are none.
func parseText(encoded json.RawMessage) (string, bool) {
	if len(encoded) < 2 || encoded[0] != '"' {
		return "", false
	}
	if !bytes.Contains(encoded, []byte{'\\'}) && utf8.Valid(encoded) {
		return string(encoded[1 : len(encoded)-1]), true // The usual case: it stands for itself.
	}
	var text string
	err := json.Unmarshal(encoded, &text)
	return text, err == nil
}

// parseTime reads RFC 3339, whose T and Z may be in lower case (section 5.6). What cannot be
// written again as RFC 3339, in full or to the second, is zero: Kubernetes keeps times to the
// second and takes the zero time for none.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	if err != nil {
		return time.Time{}
	}
	t = t.UTC()
	if year := t.Year(); year < 1 || year > 9999 || t.Truncate(time.Second).IsZero() {
		return time.Time{}
	}
	return t
}
