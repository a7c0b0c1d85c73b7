// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
)

// liveLine says how those stand that are still waited for.
func (w *waiting) liveLine(open []*entry) string {
	now := w.Clock.Now()
	if len(w.entries) == 1 {
		return open[0].job.Name + ": " + words.Live(open[0].job, now)
	}
	standing := make([]string, 0, len(open))
	for _, e := range open {
		standing = append(standing, e.job.Name+" "+words.Standing(e.job, now))
	}
	return fmt.Sprintf("%d of %d ended; %s", len(w.entries)-len(open), len(w.entries), strings.Join(standing, ", "))
}

// summary counts the outcomes, the worst first.
func summary(results []outcome.Outcome) string {
	counts := map[outcome.Outcome]int{}
	for _, o := range results {
		counts[o]++
	}
	var parts []string
	for _, o := range []outcome.Outcome{
		outcome.Failed, outcome.Aborted, outcome.Deleted, outcome.Blocked, outcome.TimedOut, outcome.Completed,
	} {
		if counts[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[o], o))
		}
	}
	return fmt.Sprintf("%d in all: %s", len(results), strings.Join(parts, ", "))
}
