// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"fmt"
	"strings"
)

// Query is one line of a panel's plot, or several that differ in labels.
type Query struct {
	// Expr is PromQL with the variables of the dashboard and of Grafana in it.
	Expr string
	// Legend names each line; {{label}} stands for the value of a label.
	Legend string
}

// Panel is one plot or number.
type Panel struct {
	Title string
	// Description is what hovering shows: what is seen, and what is good and bad.
	Description string
	// Unit is Grafana's name of the unit of all queries.
	Unit    string
	Queries []Query

	form  form
	width uint32 // of gridWidth columns
}

// Row is a heading and the panels below it.
type Row struct {
	Title  string
	Panels []Panel
}

// form is how the values of a panel are shown.
type form int

const (
	lines  form = iota
	areas       // stacked, for parts of a whole
	number      // the latest value alone
)

const (
	gridWidth = 24 // Grafana's
	half      = gridWidth / 2
	third     = gridWidth / 3
	sixth     = gridWidth / 6
)

// scope is what queries write for the series that the user has chosen.
const scope = `job=~"$job", instance=~"$instance"`

// query completes an expression, in which {…SCOPE} stands for the series that the user has chosen.
func query(legend string, expr ...string) Query {
	text := strings.Join(expr, " ")
	return Query{Expr: strings.ReplaceAll(text, "SCOPE", scope), Legend: legend}
}

// quantiles are the median and the slow end of a histogram, for each value of some labels.
func quantiles(histogram string, by ...string) []Query {
	legend := ""
	for _, label := range by {
		legend += "{{" + label + "}} "
	}
	grouping := strings.Join(append([]string{"le"}, by...), ", ")
	buckets := fmt.Sprintf("sum by (%s) (rate(%s_bucket{SCOPE}[$__rate_interval]))", grouping, histogram)
	return []Query{
		query(legend+"median", "histogram_quantile(0.5, "+buckets+")"),
		query(legend+"95 %", "histogram_quantile(0.95, "+buckets+")"),
		query(legend+"99 %", "histogram_quantile(0.99, "+buckets+")"),
	}
}
