// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func example() *outcome {
	o := &outcome{
		Began:   time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC),
		Machine: machine{Cores: 2, Memory: 24, Go: "go1.26.8"},
		Sizes:   []int{100, 10_000},
	}
	o.add(steadyName, 100, []figure{number("calls a minute", 1).atMost(3, "≤ 3 × ⌈N/100⌉"), {Name: rssName, Value: 50, Unit: mebibytes}})
	o.add("converge", 100, []figure{span("time", 703*time.Millisecond).atMostWhen(false, 1, "≤ 1 s at 10,000")})
	o.add(steadyName, 10_000, []figure{number("calls a minute", 301).atMost(300, "≤ 3 × ⌈N/100⌉"), {Name: rssName, Value: 149, Unit: mebibytes}})
	return o
}

func TestTableHasARowForEachFigureAndAColumnForEachSize(t *testing.T) {
	const want = `| Scenario | Figure         | 100    | 10,000  | Target          | Met        |
| -------- | -------------- | ------ | ------- | --------------- | ---------- |
| converge | time           | 703 ms |         | ≤ 1 s at 10,000 |            |
| steady   | calls a minute | 1      | 301     | ≤ 3 × ⌈N/100⌉   | no: 10,000 |
|          | RSS            | 50 MiB | 149 MiB |                 |            |
`
	_, table, _ := strings.Cut(example().markdown(), "\n\n")
	if table != want {
		t.Errorf("got\n%s\nwant\n%s", table, want)
	}
}

func TestMemoryPerObjectComesFromTheSmallestAndTheLargestSize(t *testing.T) {
	o := example()
	o.addMemoryPerObject()
	f, ok := o.find(steadyName, "memory per object, against 100", 10_000)
	if want := 99.0 * (1 << 20) / 9_900; !ok || f.Value != want {
		t.Errorf("got %v, want %v", f.Value, want)
	}
}

func TestMemoryPerObjectNeedsTwoSizes(t *testing.T) {
	for name, mutate := range map[string]func(*outcome){
		"there is one size":               func(o *outcome) { o.Sizes = o.Sizes[:1] },
		"one size could not be measured":  func(o *outcome) { o.Figures = o.Figures[:2] },
		"nothing was measured in the end": func(o *outcome) { o.Figures = nil },
	} {
		t.Run(name, func(t *testing.T) {
			o := example()
			mutate(o)
			before := len(o.Figures)
			o.addMemoryPerObject()
			if len(o.Figures) != before {
				t.Errorf("got %v", o.Figures[before:])
			}
		})
	}
}

func TestOutcomeIsWrittenAsJSON(t *testing.T) {
	name := filepath.Join(t.TempDir(), "bench.json")
	if err := example().write(name); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Figures []struct {
			Scenario, Figure, Unit string
			Size                   int
			Value                  float64
			Max                    *float64
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Figures) != 5 {
		t.Fatalf("got %d figures", len(got.Figures))
	}
	first, unbounded := got.Figures[0], got.Figures[2]
	if first.Scenario != steadyName || first.Figure != "calls a minute" || first.Size != 100 || first.Value != 1 || first.Max == nil || *first.Max != 3 {
		t.Errorf("got %+v", first)
	}
	if unbounded.Max != nil || unbounded.Unit != "s" {
		t.Errorf("a target that does not apply to this size: got %+v", unbounded)
	}
}

func TestFailuresNameScenarioAndSize(t *testing.T) {
	o := example()
	if err := o.failed(); err != nil {
		t.Fatalf("got %v with no failures", err)
	}
	o.Failures = append(o.Failures, failure{Scenario: "shared", Size: 1000, Reason: "no time left"})
	if err := o.failed(); err == nil || err.Error() != "shared at 1,000 could not be measured: no time left" {
		t.Errorf("got %v", err)
	}
}
