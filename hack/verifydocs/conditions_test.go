// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestConditionsAndReasons(t *testing.T) {
	tests := map[string]struct {
		file, old, new string
		want           []string
	}{
		"a new condition": {
			file: namesSource, old: "ConditionReady  =", new: "ConditionStalled = 'Stalled'\n\tConditionReady  =",
			want: []string{
				"README.md:16: the section \"Conditions\" lacks `Stalled`",
				"docs/conditions.md:1: `Stalled` has 0 headings, not 1",
			},
		},
		"a new reason": {
			file: namesSource, old: "ReasonSynced    =", new: "ReasonNew = 'New'\n\tReasonSynced    =",
			want: []string{
				"README.md:16: the section \"Conditions\" lacks `New`",
				"docs/conditions.md:1: `New` has 0 rows in the tables under \"Reasons …\", not 1",
			},
		},
		"a reason that the README mentions elsewhere only": {
			file: readmePage, old: "| `failed` | `JobFailed` | `never` |\n\n## Last", new: "\n## Last\n`JobFailed`",
			want: []string{"README.md:16: the section \"Conditions\" lacks `JobFailed`"},
		},
		"a reason in the README that the API does not have": {
			file: readmePage, old: "\n\n## Last", new: "\n| `x` | `JobGone` | |\n\n## Last",
			want: []string{"README.md:23: there is no reason `JobGone`"},
		},
		"a README without the section": {
			file: readmePage, old: "## Conditions", new: "## Others",
			want: []string{
				"README.md:1: the section \"Conditions\" lacks `JobFailed`",
				"README.md:1: the section \"Conditions\" lacks `Ready`",
				"README.md:1: the section \"Conditions\" lacks `Synced`",
				"README.md:1: the section \"Conditions\" lacks `Synced`",
			},
		},
		"a condition with two headings": {
			file: conditionsPage, old: "## Ready\n", new: "## Ready\n## Ready\n",
			want: []string{"docs/conditions.md:1: `Ready` has 2 headings, not 1"},
		},
		"a reason with two rows in different tables": {
			file: conditionsPage, old: "| `JobFailed` | bad |\n", new: "| `JobFailed` | bad |\n| `Synced` | bad |\n",
			want: []string{"docs/conditions.md:1: `Synced` has 2 rows in the tables under \"Reasons …\", not 1"},
		},
		"a reason that is no inline code": {
			file: conditionsPage, old: "| `JobFailed` | bad |", new: "| JobFailed | bad |",
			want: []string{
				"docs/conditions.md:1: `JobFailed` has 0 rows in the tables under \"Reasons …\", not 1",
				"docs/conditions.md:14: there is no reason JobFailed",
			},
		},
		"a reason in a table under another heading": {
			file: conditionsPage, old: "## Reasons that are bad", new: "## Bad",
			want: []string{"docs/conditions.md:1: `JobFailed` has 0 rows in the tables under \"Reasons …\", not 1"},
		},
		"a reason that the API does not have": {
			file: conditionsPage, old: "| `JobFailed` | bad |\n", new: "| `JobFailed` | bad |\n| `JobGone` | bad |\n",
			want: []string{"docs/conditions.md:15: there is no reason `JobGone`"},
		},
		"a reason on the page about the kind that the API does not have": {
			file: specPage, old: "`JobFailed`, for a minute", new: "`JobGone`, for a minute",
			want: []string{"docs/spec/vectarajob.md:5: there is no reason `JobGone`"},
		},
		"a reason of discoveries on the page about another kind": {
			file: specPage, old: "`JobFailed`, for a minute", new: "`Found`",
			want: []string{"docs/spec/vectarajob.md:5: there is no reason `Found`"},
		},
		"a reason of discoveries in the README's tables": {
			file: readmePage, old: "\n\n## Last", new: "\n| `x` | `Found` | |\n\n## Last",
			want: []string{"README.md:23: there is no reason `Found`"},
		},
		"a new reason of discoveries": {
			file: discoverySource, old: "const ReasonFound =", new: "const ReasonNew = 'New'\nconst ReasonFound =",
			want: []string{
				"docs/conditions.md:1: `New` has 0 rows in the tables under \"Reasons …\", not 1",
				"docs/spec/vectarajobdiscovery.md:1: the tables of conditions lack `New`",
			},
		},
		"a reason on the page about discoveries that the API does not have": {
			file: discoveryPage, old: "`JobFailed`", new: "`JobGone`",
			want: []string{"docs/spec/vectarajobdiscovery.md:5: there is no reason `JobGone`"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			project := tree("")
			before := string(project[tt.file].Data)
			if strings.Count(before, tt.old) != 1 {
				t.Fatalf("%q is not in %s once", tt.old, tt.file)
			}
			after := strings.Replace(before, tt.old, strings.ReplaceAll(tt.new, "'", `"`), 1)
			project[tt.file].Data = []byte(after)
			_, problems, err := check(project, help)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestNamesThatCannotBeRead(t *testing.T) {
	tests := map[string]struct {
		file, source string
		want         string // what the error says
	}{
		"no Go":                      {namesSource, "package", "read the names of conditions: " + namesSource},
		"no reasons":                 {namesSource, "package v1\nconst ConditionReady = \"Ready\"", "no constants Reason…"},
		"no conditions":              {namesSource, "package v1\nconst ReasonSynced = \"Synced\"", "no constants Condition…"},
		"no Go about discoveries":    {discoverySource, "package", "read the names of conditions: " + discoverySource},
		"no reasons for discoveries": {discoverySource, "package v1", discoverySource + " has no constants Reason…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			project := tree("")
			project[tt.file].Data = []byte(tt.source)
			if _, _, err := check(project, help); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got the error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
