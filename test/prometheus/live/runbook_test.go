// SPDX-License-Identifier: Apache-2.0

package live

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

var (
	runbookSection = regexp.MustCompile(`(?m)^## (\w+)$`)
	shellBlock     = regexp.MustCompile("(?s)```sh\n(.*?)```")
	yamlBlock      = regexp.MustCompile("(?s)```yaml\n(.*?)```")
)

// runbookCommands are the commands of the runbook by section that only read from the API server. Others need pods.
func runbookCommands(t *testing.T) map[string][]string {
	t.Helper()
	runbook := string(manifests.Read(t, "docs", "runbook.md"))
	commands := map[string][]string{}
	headings := runbookSection.FindAllStringSubmatchIndex(runbook, -1)
	for i, heading := range headings {
		end := len(runbook)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		name := runbook[heading[2]:heading[3]]
		for _, block := range shellBlock.FindAllStringSubmatch(runbook[heading[1]:end], -1) {
			for line := range strings.Lines(block[1]) {
				if strings.HasPrefix(line, "kubectl get ") {
					commands[name] = append(commands[name], strings.TrimSpace(line))
				}
			}
		}
	}
	return commands
}

// faultyObjects are what the commands of each section have to find while the faults last.
func faultyObjects() map[string]string {
	return map[string]string{
		"VectaraJobOperatorNoLeader":          leaseHeldByAnother,
		"VectaraJobOperatorReconcileErrors":   "vectara-job-operator-controller-manager",
		"VectaraJobOperatorCannotWriteStatus": "vectarajob/stuck",
		"VectaraJobOperatorCannotWatch":       "vectara-job-operator-controller-manager",
		"VectaraCredentialsRefused":           "refused",
		"VectaraRateLimited":                  "paused",
		"VectaraJobsStale":                    "paused",
		"VectaraJobsNotPolled":                "good0",
		"VectaraJobsBlocked":                  "missing",
		"VectaraJobFailed":                    "it was not to be",
		"VectaraJobsFailing":                  "fails0",
		"VectaraJobDiscoveryNotReady":         "CredentialsNotFound",
	}
}

// expectRunbookFinds runs the commands of the runbook, and checks that they find what is faulty and nothing else.
func (p *play) expectRunbookFinds() {
	p.t.Helper()
	commands, faulty := runbookCommands(p.t), faultyObjects()
	for section, lines := range commands {
		found := ""
		for _, line := range lines {
			found += p.shell(line)
		}
		want := faulty[section]
		if !strings.Contains(found, want) {
			p.t.Errorf("the commands on %s do not find %q:\n%s\n%s", section, want, strings.Join(lines, "\n"), found)
		}
		if section != "VectaraJobsNotPolled" && strings.Contains(found, "good0") {
			p.t.Errorf("the commands on %s find a job that is well:\n%s", section, found)
		}
		delete(faulty, section)
	}
	for section := range faulty {
		p.t.Errorf("the runbook has no command for %s", section)
	}
}

// shell runs a command line with the pinned kubectl in its path.
func (p *play) shell(line string) string {
	p.t.Helper()
	kubectl := p.KubectlCommand(p.t.Context())
	command := exec.CommandContext(p.t.Context(), "bash", "-o", "pipefail", "-c", line)
	command.Env = append(kubectl.Env, "PATH="+filepath.Dir(kubectl.Path)+":"+os.Getenv("PATH"))
	output, err := command.CombinedOutput()
	if err != nil {
		p.t.Errorf("%s: %v\n%s", line, err, output)
	}
	return string(output)
}

// expectOverlayBuilds builds the overlay that the runbook shows.
func (s *stage) expectOverlayBuilds() {
	s.t.Helper()
	overlay := yamlBlock.FindSubmatch(manifests.Read(s.t, "docs", "runbook.md"))
	if overlay == nil {
		s.t.Fatal("the runbook shows no overlay")
	}
	folder := filepath.Join(s.t.TempDir(), "overlay")
	s.must(os.CopyFS(filepath.Join(filepath.Dir(folder), "config"), os.DirFS(manifests.Path(s.t, "config"))))
	s.must(os.Mkdir(folder, 0o700))
	s.must(os.WriteFile(filepath.Join(folder, "kustomization.yaml"), overlay[1], 0o600))
	rendered, err := s.Kubectl(s.t.Context(), "kustomize", folder)
	s.must(err)
	for _, want := range []string{"release: monitoring", "name: monitoring-kube-prometheus-prometheus", `grafana_dashboard: "1"`} {
		if !strings.Contains(rendered, want) {
			s.t.Errorf("the overlay that the runbook shows has no %q in its result", want)
		}
	}
	if n := strings.Count(rendered, "release: monitoring\n"); n != 2 {
		s.t.Errorf("the overlay labels %d objects for Prometheus, want 2", n)
	}
}
