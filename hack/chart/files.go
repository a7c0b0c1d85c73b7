// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// copied are the files in config/ that templates of the chart read, and the folder or file below the chart's files/ that each goes
// to. Helm reads nothing outside of a chart, and a link would not be packaged.
var copied = []struct{ pattern, to string }{
	{"config/crd/bases/*.yaml", "crds/"},
	{"config/rbac/role.yaml", "rbac/"},
	{"config/rbac/leader_election_role.yaml", "rbac/"},
	{"config/rbac/vectarajob_*_role.yaml", "rbac/"},
	{"config/metrics/metrics_auth_role.yaml", "rbac/"},
	{"config/policy/vectarajob*.yaml", "policy/"},
	{"config/prometheus/rules.yaml", "rules.yaml"},
	{"config/grafana/vectara-job-operator.json", "dashboard.json"},
}

// copyAll replaces the folder of copies, so that a file that config/ has no more is gone.
func copyAll(top string) error {
	folder := filepath.Join(top, chart, "files")
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for _, c := range copied {
		names, err := filepath.Glob(filepath.Join(top, c.pattern))
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return fmt.Errorf("there is no %s", c.pattern)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			to := filepath.Join(folder, c.to)
			if c.to[len(c.to)-1] == '/' {
				to = filepath.Join(to, filepath.Base(name))
			}
			if err := write(to, content); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}
