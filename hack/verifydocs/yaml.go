// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/manifests"
	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/markdown"
)

// checkYAML finds YAML blocks that do not parse. That an API server accepts them is for verifymanifests to check.
func checkYAML(name string, page markdown.Page) []problem {
	var problems []problem
	for _, fence := range page.Fences {
		if !fence.IsYAML() || fence.NotApplied() {
			continue
		}
		if _, err := manifests.Split([]byte(fence.Text)); err != nil {
			problems = append(problems, problem{name, fence.Line, fmt.Sprintf("YAML block: %v", err)})
		}
	}
	return problems
}
