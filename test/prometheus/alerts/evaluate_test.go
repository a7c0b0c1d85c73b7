// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

const (
	// step is how often rules are evaluated, and how far apart the samples of the tests are.
	step = 30 * time.Second
	// maxSamples is far above what a query of these tests needs.
	maxSamples = 100_000
)

// fired is when an alert first fired after the start of the series, and with what.
type fired struct {
	after  time.Duration
	alerts []*rules.Alert
}

// evaluate evaluates a rule over series for some time, as a Prometheus does, until it fires. Nil means that it did not.
func evaluate(t *testing.T, rule rulefmt.Rule, series string, length time.Duration) *fired {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load "+step.String()+"\n"+withoutBlankLines(series))
	engine := promqltest.NewTestEngine(t, false, 0, maxSamples)
	alerting := rules.NewAlertingRule(
		rule.Alert, manifests.MustParse(t, rule.Expr),
		time.Duration(rule.For), time.Duration(rule.KeepFiringFor),
		labels.FromMap(rule.Labels), labels.FromMap(rule.Annotations),
		labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler),
	)
	query := rules.EngineQueryFunc(engine, storage)
	for after := time.Duration(0); after <= length; after += step {
		if _, err := alerting.Eval(context.Background(), 0, time.Unix(0, 0).Add(after), query, nil, 0); err != nil {
			t.Fatalf("after %s: %v", after, err)
		}
		if firing := withState(alerting.ActiveAlerts(), rules.StateFiring); len(firing) > 0 {
			return &fired{after: after, alerts: firing}
		}
	}
	return nil
}

func withState(alerts []*rules.Alert, state rules.AlertState) []*rules.Alert {
	var matching []*rules.Alert
	for _, alert := range alerts {
		if alert.State == state {
			matching = append(matching, alert)
		}
	}
	return matching
}

// withoutBlankLines keeps the list of series from ending early.
func withoutBlankLines(series string) string {
	var kept []string
	for line := range strings.Lines(series) {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, "  "+line)
		}
	}
	return strings.Join(kept, "\n")
}
