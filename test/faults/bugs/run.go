// SPDX-License-Identifier: Apache-2.0

package bugs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vectara-job-operator/vectara-job-operator/test/faults"
)

// Run is a script and what goes wrong in it.
type Run struct {
	Scene string
	Plan  faults.Plan
}

// String is the run as a header has it.
func (r Run) String() string { return r.Scene + " " + r.Plan.String() }

func parseRun(text string) (Run, error) {
	scene, plan, _ := strings.Cut(text, " ")
	if !slices.Contains(faults.SceneNames(), scene) {
		return Run{}, fmt.Errorf("expected one of the scripts %s in Run, got %q", strings.Join(faults.SceneNames(), ", "), scene)
	}
	parsed, err := faults.ParsePlan(strings.TrimSpace(plan))
	if err != nil {
		return Run{}, fmt.Errorf("expected a script and a plan in Run: %w", err)
	}
	return Run{scene, parsed}, nil
}
