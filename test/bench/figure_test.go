// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"
)

func TestFigureText(t *testing.T) {
	given := span("x", 75*time.Second)
	given.AtLeast = true
	for want, f := range map[string]figure{
		"0":         number("x", 0),
		"999":       number("x", 999),
		"1,000":     number("x", 1000),
		"1,002,003": number("x", 1_002_003),
		"-1,500":    number("x", -1500),
		"53 ms":     span("x", 53*time.Millisecond),
		"2.13 s":    span("x", 2130*time.Millisecond),
		"15.9 s":    span("x", 15_900*time.Millisecond),
		"> 75.0 s":  given,
		"1.30":      {Value: 1.3, Unit: ratio},
		"150 MiB":   {Value: 149.7, Unit: mebibytes},
		"6,144 B":   {Value: 6144, Unit: byteCount},
	} {
		t.Run(want, func(t *testing.T) {
			if got := f.text(); got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestTargetIsMissed(t *testing.T) {
	base := number("x", 10)
	given := base
	given.AtLeast = true
	for name, test := range map[string]struct {
		figure figure
		want   bool
	}{
		"never without a target":                        {base, false},
		"not when the value is the limit":               {base.atMost(10, "≤ 10"), false},
		"when the value is above the limit":             {base.atMost(9, "≤ 9"), true},
		"not where the target does not apply":           {base.atMostWhen(false, 9, "≤ 9"), false},
		"where the target applies":                      {base.atMostWhen(true, 9, "≤ 9"), true},
		"when it was given up at the limit":             {given.atMost(10, "≤ 10"), true},
		"not when it was given up below the limit only": {given.atMost(11, "≤ 11"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.figure.missed(); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
