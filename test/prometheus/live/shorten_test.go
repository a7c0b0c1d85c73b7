// SPDX-License-Identifier: Apache-2.0

package live

import (
	"testing"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

const (
	// haste is how much faster time passes for the rules than for their users.
	haste = 120
	// shortestRange has some samples in it.
	shortestRange = 5 * scrapeInterval
	// overdue is the metric whose threshold is a time.
	overdue = "vectara_job_operator_oldest_overdue_poll_seconds"
)

// hastyRules are the shipped rules, with all times shortened and nothing else changed.
func hastyRules(t *testing.T) []byte {
	t.Helper()
	var rule monitoringv1.PrometheusRuleSpec
	if err := yaml.UnmarshalStrict(manifests.RulesFile(t), &rule); err != nil {
		t.Fatal(err)
	}
	for i := range rule.Groups {
		for j := range rule.Groups[i].Rules {
			one := &rule.Groups[i].Rules[j]
			one.Expr = intstr.FromString(hasty(t, one.Expr.String()))
			if one.For != nil {
				pause, err := model.ParseDuration(string(*one.For))
				if err != nil {
					t.Fatal(err)
				}
				shortened := monitoringv1.Duration(model.Duration(time.Duration(pause) / haste).String())
				one.For = &shortened
			}
		}
	}
	content, err := yaml.Marshal(rule)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// hasty shortens the times in an expression.
func hasty(t *testing.T, expr string) string {
	t.Helper()
	parsed := manifests.MustParse(t, expr)
	ofTime := false
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.MatrixSelector:
			n.Range = max(n.Range/haste, shortestRange)
		case *parser.VectorSelector:
			ofTime = ofTime || n.Name == overdue
			if n.OriginalOffset != 0 {
				n.OriginalOffset = max(n.OriginalOffset/haste, shortestRange)
			}
		}
		return nil
	})
	if comparison, ok := parsed.(*parser.BinaryExpr); ok && ofTime {
		if threshold, ok := comparison.RHS.(*parser.NumberLiteral); ok {
			threshold.Val /= haste
		}
	}
	return parsed.String()
}

func TestHasty(t *testing.T) {
	tests := map[string]struct{ expr, want string }{
		"a range":              {`rate(m[1h]) > 300`, `rate(m[30s]) > 300`},
		"a short range":        {`rate(m[1m])`, `rate(m[5s])`},
		"an offset":            {`m offset 1h`, `m offset 30s`},
		"a threshold of time":  {`max(` + overdue + `) > 300`, `max(` + overdue + `) > 2.5`},
		"several in one":       {`sum(rate(m[20m])) / sum(rate(n[20m])) > 0.1`, `sum(rate(m[10s])) / sum(rate(n[10s])) > 0.1`},
		"nothing to be hasted": {`absent(up == 1)`, `absent(up == 1)`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := hasty(t, tt.expr); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
