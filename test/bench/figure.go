// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"time"
)

// unit says how a value is written.
type unit string

const (
	seconds   unit = "s"
	count     unit = ""
	ratio     unit = "ratio"
	mebibytes unit = "MiB"
	byteCount unit = "B"
)

// figure is one number that was measured.
type figure struct {
	Scenario string  `json:"scenario"`
	Size     int     `json:"size"`
	Name     string  `json:"figure"`
	Value    float64 `json:"value"`
	Unit     unit    `json:"unit,omitempty"`
	// AtLeast says that the measurement was given up at this value.
	AtLeast bool `json:"atLeast,omitempty"`
	// Target is what the value should be, in words; empty if there is no target.
	Target string `json:"target,omitempty"`
	// Max is the target as a number. It is absent where the target does not apply to this size.
	Max *float64 `json:"max,omitempty"`
}

func number(name string, n int) figure {
	return figure{Name: name, Value: float64(n), Unit: count}
}

func span(name string, d time.Duration) figure {
	return figure{Name: name, Value: d.Seconds(), Unit: seconds}
}

// atMost sets a target.
func (f figure) atMost(limit float64, words string) figure {
	f.Max, f.Target = &limit, words
	return f
}

// atMostWhen sets a target that applies under a condition.
func (f figure) atMostWhen(applies bool, limit float64, words string) figure {
	f = f.atMost(limit, words)
	if !applies {
		f.Max = nil
	}
	return f
}

// missed reports whether the target applies and was not met.
func (f figure) missed() bool {
	return f.Max != nil && (f.Value > *f.Max || f.AtLeast && f.Value >= *f.Max)
}

// text is the value for people.
func (f figure) text() string {
	text := f.bare()
	if f.AtLeast {
		return "> " + text
	}
	return text
}

func (f figure) bare() string {
	switch f.Unit {
	case seconds:
		return secondsText(f.Value)
	case ratio:
		return strconv.FormatFloat(f.Value, 'f', 2, 64)
	case mebibytes:
		return strconv.FormatFloat(f.Value, 'f', 0, 64) + " MiB"
	case byteCount:
		return grouped(int(f.Value)) + " B"
	default:
		return grouped(int(f.Value))
	}
}

func secondsText(v float64) string {
	switch {
	case v < 1:
		return strconv.FormatFloat(v*1000, 'f', 0, 64) + " ms"
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64) + " s"
	default:
		return strconv.FormatFloat(v, 'f', 1, 64) + " s"
	}
}

// grouped writes a whole number with a comma between thousands.
func grouped(n int) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
