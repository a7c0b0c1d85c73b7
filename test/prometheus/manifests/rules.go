// SPDX-License-Identifier: Apache-2.0

// Package manifests reads what config/ ships for Prometheus and Grafana.
package manifests

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// Path is where a file of the repository is.
func Path(t testing.TB, elements ...string) string {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{repository}, elements...)...)
}

// Read is the content of a file of the repository.
func Read(t testing.TB, elements ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(Path(t, elements...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Decode reads one object of config/prometheus, and fails on fields that its kind does not have.
func Decode[T any](t testing.TB, file string) T {
	t.Helper()
	var object T
	if err := yaml.UnmarshalStrict(Read(t, "config", "prometheus", file), &object); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return object
}

// RulesFile is the shipped PrometheusRule in the form that a Prometheus without the Prometheus Operator reads.
func RulesFile(t testing.TB) []byte {
	t.Helper()
	rule := Decode[monitoringv1.PrometheusRule](t, "rules.yaml")
	content, err := yaml.Marshal(rule.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Alerts are the shipped alert rules, as Prometheus understands them.
func Alerts(t testing.TB) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.Parse(RulesFile(t), false, model.UTF8Validation, Parser(), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatalf("the rules are not valid: %v", errs)
	}
	var alerts []rulefmt.Rule
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" {
				t.Fatalf("a rule of the group %s is no alert: %s", group.Name, rule.Expr)
			}
			alerts = append(alerts, rule)
		}
	}
	return alerts
}

// Parser is Prometheus's own, with nothing experimental in it.
func Parser() parser.Parser { return parser.NewParser(parser.Options{}) }

// MustParse parses an expression.
func MustParse(t testing.TB, expr string) parser.Expr {
	t.Helper()
	parsed, err := Parser().ParseExpr(expr)
	if err != nil {
		t.Fatal(fmt.Errorf("%w in\n%s", err, expr))
	}
	return parsed
}
