// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

var metricName = regexp.MustCompile("`([a-z_]+)`")

// expectDocumented checks that a leader serves every metric that docs/metrics.md has in its tables of metrics.
func expectDocumented(t *testing.T, seen families) {
	t.Helper()
	repository, err := harness.Repository()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(repository, "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented, head := 0, ""
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		switch {
		case len(cells) < 2:
			head = ""
			continue
		case head == "":
			head = strings.TrimSpace(cells[1])
		}
		if head != "metric" {
			continue
		}
		for _, name := range metricName.FindAllStringSubmatch(cells[1], -1) {
			documented++
			if seen[name[1]] == nil {
				t.Errorf("docs/metrics.md has %s, which is not served", name[1])
			}
		}
	}
	if documented < 20 {
		t.Errorf("docs/metrics.md has %d metrics in its tables", documented)
	}
}

func TestStandbyLeavesCountingJobsToTheLeader(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	lease := "lease-" + s.namespace
	elect := []string{"--leader-elect=true", "--leader-election-id=" + lease}
	s.job("job_a", "started")
	s.create("a", "job_a")

	leader := s.measuredManager(elect...)
	leader.await("jobs", exactly(map[string]float64{"started": 1}))
	expectDocumented(t, leader.families())
	standby := s.measuredManager(elect...)
	counts := []string{"jobs", "jobs_blocked", "jobs_suspended"}
	if had := standby.families(); len(had.own()) == 0 {
		t.Error("the standby serves no metrics at all")
	} else {
		for _, name := range counts {
			if got := had.values(name); len(got) > 0 {
				t.Errorf("the standby counts jobs, too: %s is %v", name, got)
			}
		}
	}
	standby.await("sessions", exactly(map[string]float64{}))

	leader.Stop()
	standby.await("jobs", exactly(map[string]float64{"started": 1}))
}
