// SPDX-License-Identifier: Apache-2.0

package queries

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// selectors are what an expression reads from the database.
func selectors(expr parser.Node) []*parser.VectorSelector {
	var found []*parser.VectorSelector
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			found = append(found, selector)
		}
		return nil
	})
	return found
}

// problems are the metrics, labels and values in an expression that do not exist.
func problems(expr parser.Expr, known map[string]metric) []string {
	var found []string
	for _, selector := range selectors(expr) {
		m, ok := known[selector.Name]
		if !ok {
			found = append(found, "there is no metric "+selector.Name)
			continue
		}
		for _, matcher := range selector.LabelMatchers {
			found = append(found, wrongMatcher(selector.Name, m, matcher)...)
		}
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		aggregation, ok := node.(*parser.AggregateExpr)
		if !ok {
			return nil
		}
		for _, selector := range selectors(aggregation.Expr) {
			for _, label := range aggregation.Grouping {
				if m, ok := known[selector.Name]; ok && !m.has(label) {
					found = append(found, fmt.Sprintf("%s has no label %s to group by", selector.Name, label))
				}
			}
		}
		return nil
	})
	return found
}

func wrongMatcher(name string, m metric, matcher *labels.Matcher) []string {
	if matcher.Name == model.MetricNameLabel {
		return nil
	}
	if !m.has(matcher.Name) {
		return []string{fmt.Sprintf("%s has no label %s", name, matcher.Name)}
	}
	values := m[matcher.Name]
	if values == nil {
		return nil
	}
	wanted := []string{regexp.QuoteMeta(matcher.Value)}
	if matcher.Type == labels.MatchRegexp || matcher.Type == labels.MatchNotRegexp {
		wanted = strings.Split(matcher.Value, "|")
	}
	var found []string
	for _, one := range wanted {
		whole := regexp.MustCompile("^(?:" + one + ")$")
		if !slices.ContainsFunc(values, whole.MatchString) {
			found = append(found, fmt.Sprintf("no value of %s is what %q selects", matcher.Name, one))
		}
	}
	return found
}
