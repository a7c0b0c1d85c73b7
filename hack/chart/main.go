// SPDX-License-Identifier: Apache-2.0

// Command chart refreshes what is generated in charts/vectara-job-operator: the copies of files in config/ that its templates
// read, and the table of values in its README. Run it in the top folder of the project.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const chart = "charts/vectara-job-operator"

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func run(top string) error {
	if err := copyAll(top); err != nil {
		return err
	}
	values, err := os.ReadFile(filepath.Join(top, chart, "values.yaml"))
	if err != nil {
		return err
	}
	table, err := valuesTable(string(values))
	if err != nil {
		return fmt.Errorf("values.yaml: %w", err)
	}
	name := filepath.Join(top, chart, "README.md")
	page, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	fresh, err := withTable(string(page), table)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return write(name, []byte(fresh))
}
