// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// logLine is a line of the manager's log, which is JSON.
type logLine struct {
	at      time.Time
	message string
	fields  []field // in the order in which they were logged
}

type field struct {
	name  string
	value any
}

// untold are the fields that a reader who knows which object it is about can do without.
var untold = map[string]bool{
	"level": true, "ts": true, "msg": true, "logger": true, "controller": true, "controllerGroup": true, "controllerKind": true,
	"VectaraJob": true, "namespace": true, "name": true, "jobID": true, "reconcileID": true,
}

// linesAbout are the lines of a log that name an object.
func linesAbout(log, namespace, name string) []logLine {
	var lines []logLine
	for text := range strings.Lines(log) {
		line, ok := parseLogLine(text)
		if ok && line.field("namespace") == namespace && line.field("name") == name {
			lines = append(lines, line)
		}
	}
	return lines
}

// parseLogLine reads a line. It reports false if that is not a line of the log but, say, of a panic.
func parseLogLine(text string) (logLine, bool) {
	decoder := json.NewDecoder(strings.NewReader(text))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return logLine{}, false
	}
	var line logLine
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return logLine{}, false
		}
		f := field{name: fmt.Sprint(name)}
		if err := decoder.Decode(&f.value); err != nil {
			return logLine{}, false
		}
		line.fields = append(line.fields, f)
	}
	at, err := time.Parse(time.RFC3339, line.field("ts"))
	if err != nil {
		return logLine{}, false
	}
	line.at, line.message = at, line.field("msg")
	return line, true
}

// field is the value of a field as text, and empty if the line has no such field.
func (l logLine) field(name string) string {
	for _, f := range l.fields {
		if f.name == name {
			return fmt.Sprint(f.value)
		}
	}
	return ""
}

// words are the fields worth telling, as name=value.
func (l logLine) words() []string {
	var words []string
	for _, f := range l.fields {
		if untold[f.name] {
			continue
		}
		value := fmt.Sprint(f.value)
		if value == "" || strings.ContainsAny(value, ` "=`) {
			value = fmt.Sprintf("%q", value)
		}
		words = append(words, f.name+"="+value)
	}
	return words
}
