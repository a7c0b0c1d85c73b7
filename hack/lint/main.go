// SPDX-License-Identifier: Apache-2.0

// Command golangci-lint is golangci-lint with two plugins linked in: kube-api-linter, which checks API types against the
// Kubernetes API conventions, and logcheck, which checks structured log calls.
//
// golangci-lint's own way to add plugins clones its source; here everything comes from go.mod and is verified by go.sum.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"
	_ "sigs.k8s.io/kube-api-linter"
	_ "sigs.k8s.io/logtools/logcheck/gclplugin"
)

const linter = "github.com/golangci/golangci-lint/v2"

func main() {
	info := commands.BuildInfo{GoVersion: runtime.Version(), Version: version(), Commit: "(none)", Date: "(unknown)"}
	if err := commands.Execute(info); err != nil {
		fmt.Fprintln(os.Stderr, "golangci-lint:", err)
		os.Exit(exitcodes.Failure)
	}
}

// version is the release of golangci-lint that go.mod pins.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == linter {
				return dep.Version
			}
		}
	}
	return "unknown"
}
