// SPDX-License-Identifier: Apache-2.0

// Command dashboard prints the dashboard of config/grafana.
package main

import (
	"fmt"
	"os"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/dashboard"
)

func main() {
	text, err := dashboard.JSON()
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dashboard:", err)
		os.Exit(1)
	}
}
