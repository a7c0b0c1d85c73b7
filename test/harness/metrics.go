// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Sample is one line of metrics in the text format of Prometheus.
type Sample struct {
	Name   string
	Labels map[string]string
	Value  float64
}

var label = regexp.MustCompile(`([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"`)

// ReadMetrics reads the samples of some metrics.
func ReadMetrics(r io.Reader, names ...string) ([]Sample, error) {
	var samples []Sample
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		for _, name := range names {
			rest, ok := strings.CutPrefix(line, name)
			if !ok || rest == "" || rest[0] != '{' && rest[0] != ' ' {
				continue
			}
			s, err := parseSample(name, rest)
			if err != nil {
				return nil, err
			}
			samples = append(samples, s)
		}
	}
	return samples, lines.Err()
}

func parseSample(name, rest string) (Sample, error) {
	s := Sample{Name: name, Labels: map[string]string{}}
	if end := strings.LastIndexByte(rest, '}'); end >= 0 {
		for _, match := range label.FindAllStringSubmatch(rest[:end], -1) {
			s.Labels[match[1]] = match[2]
		}
		rest = rest[end+1:]
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return s, fmt.Errorf("the metric %s has no value", name)
	}
	value, err := strconv.ParseFloat(words[0], 64)
	if err != nil {
		return s, fmt.Errorf("the metric %s: %w", name, err)
	}
	s.Value = value
	return s, nil
}
