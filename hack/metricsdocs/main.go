// SPDX-License-Identifier: Apache-2.0

// Command metricsdocs prints docs/metrics.md: the metrics as internal/metrics defines them, and how to get at them.
package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/template"

	"github.com/vectara-job-operator/vectara-job-operator/internal/metrics"
)

//go:embed page.md.tmpl
var page string

func main() {
	if err := write(os.Stdout, metrics.Definitions()); err != nil {
		fmt.Fprintln(os.Stderr, "metricsdocs:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, definitions []metrics.Definition) error {
	parsed, err := template.New("page").Funcs(template.FuncMap{"labels": labels, "buckets": buckets}).Parse(page)
	if err != nil {
		return err
	}
	return parsed.Execute(w, definitions)
}

// labels describe the labels of a metric, as a cell of a table.
func labels(d metrics.Definition) string {
	cells := make([]string, len(d.Labels))
	for i, label := range d.Labels {
		cells[i] = "`" + label.Name + "`: " + values(label)
	}
	return strings.Join(cells, "<br>")
}

func values(label metrics.Label) string {
	if label.Words != "" {
		return label.Words
	}
	return "`" + strings.Join(label.Values, "`, `") + "`"
}

// buckets are the bounds of a histogram's buckets in words.
func buckets(d metrics.Definition) string {
	bounds := make([]string, len(d.Buckets))
	for i, bound := range d.Buckets {
		bounds[i] = strconv.FormatFloat(bound, 'f', -1, 64)
	}
	return strings.Join(bounds, ", ")
}
