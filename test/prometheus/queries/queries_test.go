// SPDX-License-Identifier: Apache-2.0

package queries

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/vectara-job-operator/vectara-job-operator/internal/metrics"
	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

func everything(t *testing.T) []Query { return slices.Concat(Alerts(t), Panels("5m")) }

func TestQueriesAskForWhatExists(t *testing.T) {
	for _, query := range everything(t) {
		t.Run(query.Where, func(t *testing.T) {
			for _, problem := range problems(manifests.MustParse(t, query.Expr), catalogue()) {
				t.Errorf("%s\n%s", problem, query.Expr)
			}
		})
	}
}

func TestEveryMetricIsOnTheDashboard(t *testing.T) {
	shown := map[string]bool{}
	for _, query := range Panels("5m") {
		for _, selector := range selectors(manifests.MustParse(t, query.Expr)) {
			shown[selector.Name] = true
			shown[withoutSuffix(selector.Name)] = true
		}
	}
	for _, definition := range metrics.Definitions() {
		if !shown[definition.Name] {
			t.Errorf("no panel shows %s", definition.Name)
		}
	}
}

var legendLabel = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

func TestLegendsNameLabelsThatAreLeft(t *testing.T) {
	for _, query := range Panels("5m") {
		t.Run(query.Where, func(t *testing.T) {
			left, all := labelsLeft(manifests.MustParse(t, query.Expr))
			var named []string
			for _, match := range legendLabel.FindAllStringSubmatch(query.Legend, -1) {
				named = append(named, match[1])
				if !all && !slices.Contains(left, match[1]) {
					t.Errorf("the legend %q names %s, but only %q are left of\n%s", query.Legend, match[1], left, query.Expr)
				}
			}
			for _, label := range left {
				if !slices.Contains(named, label) {
					t.Errorf("the legend %q does not distinguish series that differ in %s, of\n%s", query.Legend, label, query.Expr)
				}
			}
		})
	}
}

// labelsLeft are the labels that a result has after the outermost aggregations. Where there is none, all are left.
func labelsLeft(expr parser.Expr) (left []string, all bool) {
	switch e := expr.(type) {
	case *parser.AggregateExpr:
		return e.Grouping, false
	case *parser.BinaryExpr:
		return labelsLeft(e.LHS)
	case *parser.ParenExpr:
		return labelsLeft(e.Expr)
	case *parser.Call:
		if e.Func.Name == "histogram_quantile" {
			left, all = labelsLeft(e.Args[1])
			return slices.DeleteFunc(slices.Clone(left), func(label string) bool { return label == model.BucketLabel }), all
		}
	}
	return nil, true
}

func TestProblems(t *testing.T) {
	known := map[string]metric{
		"jobs":        {"state": {"queued", "started"}},
		"runs_bucket": {"le": nil},
	}
	tests := map[string]struct{ expr, want string }{
		"nothing is wrong":           {`sum by (state) (jobs{state=~"queued|started", job="x"})`, ""},
		"a metric that is gone":      {`sum(job)`, "there is no metric job"},
		"a label that is gone":       {`jobs{reason="x"}`, "jobs has no label reason"},
		"a value that is gone":       {`jobs{state="running"}`, `no value of state is what "running" selects`},
		"one value of several":       {`jobs{state=~"queued|running"}`, `no value of state is what "running" selects`},
		"an exclusion of nothing":    {`jobs{state!="running"}`, `no value of state is what "running" selects`},
		"a grouping by nothing":      {`sum by (reason) (jobs)`, "jobs has no label reason to group by"},
		"a histogram that is no sum": {`histogram_quantile(0.5, sum by (le, state) (rate(runs_bucket[5m])))`, "runs_bucket has no label state to group by"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(problems(manifests.MustParse(t, tt.expr), known), "; "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
