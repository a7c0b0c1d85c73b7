// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// The measures of the drawing, in pixels.
const (
	plotWidth   = 760
	panelHeight = 110
	panelGap    = 34
	plotLeft    = 56
	plotRight   = 150
)

// curve is a line of a panel.
type curve struct {
	name, color string
	value       func(point) float64
}

// panel is a part of the drawing, with an axis of its own that begins at zero.
type panel struct {
	title  string
	curves []curve
}

var panels = []panel{
	{"Memory, MiB", []curve{
		{"RSS", "#1f77b4", func(p point) float64 { return p.RSS }},
		{"heap in use", "#ff7f0e", func(p point) float64 { return p.HeapInUse }},
		{"live heap", "#2ca02c", func(p point) float64 { return p.HeapLive }},
	}},
	{"Goroutines, descriptors, connections to Vectara", []curve{
		{"goroutines", "#1f77b4", func(p point) float64 { return p.Goroutines }},
		{"descriptors", "#ff7f0e", func(p point) float64 { return p.Descriptors }},
		{"connections", "#2ca02c", func(p point) float64 { return p.Connections }},
	}},
	{"Calls a minute", []curve{
		{"GET", "#1f77b4", func(p point) float64 { return float64(p.Gets) }},
		{"LIST", "#ff7f0e", func(p point) float64 { return float64(p.Lists) }},
	}},
	{"Status writes a minute", []curve{{"writes", "#1f77b4", func(p point) float64 { return float64(p.Writes) }}}},
	{"Longest time from the end of a job to its final status, s", []curve{{"end seen", "#1f77b4", func(p point) float64 { return p.Lag }}}},
}

// draw makes an SVG of the curves. Grey ticks are faults.
func (r *report) draw() string {
	var b strings.Builder
	height := len(panels)*(panelHeight+panelGap) + 30
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n", plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", plotWidth, height)
	var until float64
	for _, p := range r.Points {
		until = max(until, p.At)
	}
	x := func(seconds float64) float64 { return plotLeft + seconds/max(until, 1)*(plotWidth-plotLeft-plotRight) }
	for i, panel := range panels {
		r.drawPanel(&b, panel, i*(panelHeight+panelGap)+panelGap, x)
	}
	bottom := len(panels) * (panelHeight + panelGap)
	for minute := 0.0; minute*60 <= until; minute += max(1, float64(int(until/600))) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.0f min</text>`+"\n", x(minute*60), bottom+14, minute)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (r *report) drawPanel(b *strings.Builder, panel panel, top int, x func(float64) float64) {
	most := 1.0
	for _, p := range r.Points {
		for _, c := range panel.curves {
			most = max(most, c.value(p))
		}
	}
	y := func(v float64) float64 { return float64(top) + panelHeight*(1-v/most) }
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", plotLeft, top-8, panel.title)
	for _, f := range r.Faults {
		fmt.Fprintf(b, `<path d="M%.1f %d v-5" stroke="#999"/>`+"\n", x(f.At.Seconds()), top+panelHeight)
	}
	for _, v := range []float64{0, most / 2, most} {
		fmt.Fprintf(b, `<path d="M%d %.1f H%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n",
			plotLeft, y(v), plotWidth-plotRight, plotLeft-6, y(v)+4, v)
	}
	for i, c := range panel.curves {
		var line []string
		for _, p := range r.Points {
			line = append(line, fmt.Sprintf("%.1f,%.1f", x(p.At), y(c.value(p))))
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.Join(line, " "), c.color)
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", plotWidth-plotRight+8, top+12+14*i, c.color, c.name)
	}
}

// drawFile draws the results of an earlier soak.
func drawFile(results, svg string) error {
	data, err := os.ReadFile(results) //nolint:gosec // The developer's own file.
	if err != nil {
		return err
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("%s: %w", results, err)
	}
	return os.WriteFile(svg, []byte(r.draw()), 0o600)
}
