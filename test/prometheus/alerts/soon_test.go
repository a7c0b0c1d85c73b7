// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

// scraping is what scrapes and evaluations, which are a while apart, may add to the times of a rule.
const scraping = 3 * step

var lastCell = regexp.MustCompile(`\| (\d+) (s|min) \|$`)

// TestTroubleshootingSaysHowSoonAlertsFire holds the times in the table of the page to the rules: none may be shorter than
// what the rule waits, nor longer than all its times together. test/e2e checks that the table names each alert, test/prometheus/live
// causes each.
func TestTroubleshootingSaysHowSoonAlertsFire(t *testing.T) {
	page := string(manifests.Read(t, "docs", "troubleshooting.md"))
	for _, rule := range manifests.Alerts(t) {
		within := time.Duration(-1)
		for line := range strings.Lines(page) {
			cell := lastCell.FindStringSubmatch(strings.TrimSpace(line))
			if cell == nil || !strings.Contains(line, "(runbook.md#"+anchor(rule.Alert)+")") {
				continue
			}
			duration, err := model.ParseDuration(cell[1] + map[string]string{"s": "s", "min": "m"}[cell[2]])
			if err != nil {
				t.Fatal(err)
			}
			within = time.Duration(duration)
		}
		if soonest, latest := time.Duration(rule.For), timesOf(t, rule)+scraping; within < soonest || within > latest {
			t.Errorf("docs/troubleshooting.md says that %s fires within %s, want from %s to %s", rule.Alert, within, soonest, latest)
		}
	}
}

// timesOf are all times of a rule together: for how long it must hold, the longest range, and a threshold that is a time.
func timesOf(t *testing.T, rule rulefmt.Rule) time.Duration {
	t.Helper()
	parsed := manifests.MustParse(t, rule.Expr)
	var longest, threshold time.Duration
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.MatrixSelector:
			longest = max(longest, n.Range)
		case *parser.BinaryExpr:
			if number, ok := n.RHS.(*parser.NumberLiteral); ok && strings.Contains(n.LHS.String(), "_seconds") {
				threshold = time.Duration(number.Val * float64(time.Second))
			}
		}
		return nil
	})
	return time.Duration(rule.For) + longest + threshold
}
