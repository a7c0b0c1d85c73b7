// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// The table stands between these lines of the README.
const (
	begin = "<!-- values: begin, generated from values.yaml -->\n"
	end   = "<!-- values: end -->\n"
)

var keyLine = regexp.MustCompile(`^( *)([A-Za-z_]+):`)

// value is a key of values.yaml, with the comment above it.
type value struct {
	path    []string
	comment string
}

// valuesTable is a table of the values, in the order of the file: each key with a comment is a row. It fails on a key that neither
// itself nor anything above or below it explains.
func valuesTable(source string) (string, error) {
	var content map[string]any
	if err := yaml.Unmarshal([]byte(source), &content); err != nil {
		return "", err
	}
	values := documented(source)
	var table strings.Builder
	table.WriteString("| value | default | |\n|---|---|---|\n")
	for i, v := range values {
		if v.comment == "" {
			if !explained(values, i) {
				return "", fmt.Errorf("%s has no comment", strings.Join(v.path, "."))
			}
			continue
		}
		text := ""
		// Of a map whose keys have rows of their own, they show the defaults.
		if i+1 == len(values) || !isBelow(values[i+1].path, v.path) || values[i+1].comment == "" {
			standard, err := json.Marshal(lookUp(content, v.path))
			if err != nil {
				return "", err
			}
			text = "`" + string(standard) + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", strings.Join(v.path, "."), text, strings.ReplaceAll(v.comment, "|", `\|`))
	}
	return table.String(), nil
}

// documented are the keys of the file with their comments, which are the lines right above them. It knows the YAML that the file is
// written in: maps in block style, indented by two spaces.
func documented(source string) []value {
	var values []value
	var path, comment []string
	for line := range strings.Lines(source) {
		line = strings.TrimRight(line, "\n")
		text, isComment := strings.CutPrefix(strings.TrimSpace(line), "#")
		match := keyLine.FindStringSubmatch(line)
		switch {
		case isComment:
			comment = append(comment, strings.TrimSpace(text))
			continue
		case match != nil:
			path = append(path[:min(len(path), len(match[1])/2):min(len(path), len(match[1])/2)], match[2])
			values = append(values, value{path: path, comment: strings.Join(comment, " ")})
		}
		comment = nil
	}
	return values
}

// explained reports whether a key without a comment is below one with a comment, or all keys right below it have one.
func explained(values []value, i int) bool {
	for _, above := range values[:i] {
		if above.comment != "" && isBelow(values[i].path, above.path) {
			return true
		}
	}
	below := 0
	for j := i + 1; j < len(values) && isBelow(values[j].path, values[i].path); j++ {
		if len(values[j].path) == len(values[i].path)+1 {
			if values[j].comment == "" && !explained(values, j) {
				return false
			}
			below++
		}
	}
	return below > 0
}

func isBelow(path, above []string) bool {
	return len(path) > len(above) && strings.Join(path[:len(above)], ".") == strings.Join(above, ".")
}

func lookUp(content map[string]any, path []string) any {
	var found any = content
	for _, key := range path {
		below, ok := found.(map[string]any)
		if !ok {
			return nil
		}
		found = below[key]
	}
	return found
}

// withTable replaces the table in a page.
func withTable(page, table string) (string, error) {
	before, rest, ok := strings.Cut(page, begin)
	if !ok {
		return "", errors.New("no line says where the values begin")
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", errors.New("no line says where the values end")
	}
	return before + begin + table + end + after, nil
}
