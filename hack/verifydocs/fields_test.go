// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

const thing = `{spec: {names: {kind: Thing}, versions: [{schema: {openAPIV3Schema: {properties: {
	spec: {properties: {size: {}, parts: {items: {properties: {name: {}}}}}},
	status: {properties: {conditions: {}}}
}}}}]}}`

func TestFields(t *testing.T) {
	const all = "`.spec.size`, `.spec.parts`, `.spec.parts[].name`, `.status.conditions`\n"
	for name, tt := range map[string]struct {
		page string
		want string // the problems
	}{
		"all are there":                        {page: all},
		"a condition's own fields are foreign": {page: all + "`.status.conditions[].reason`"},
		"a name with something else around it": {page: all + "`kubectl get --field-selector=.spec.none=1`"},
		"one is missing":                       {page: strings.Replace(all, "`.spec.size`", "size", 1), want: "docs/spec/thing.md:1: the page lacks the field `.spec.size`"},
		"one is missing in a list":             {page: strings.Replace(all, "`.spec.parts[].name`", "", 1), want: "docs/spec/thing.md:1: the page lacks the field `.spec.parts[].name`"},
		"one does not exist":                   {page: all + "`.spec.colour`", want: "docs/spec/thing.md:2: Thing has no field `.spec.colour`"},
		"the page is missing":                  {want: "docs/spec/thing.md:1: the page is missing, which explains the fields of Thing"},
	} {
		t.Run(name, func(t *testing.T) {
			line := ""
			if tt.page != "" {
				line = "[Thing](docs/spec/thing.md)"
			}
			project := tree(line)
			project["config/crd/bases/things.yaml"] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(thing, "\t", ""))}
			if tt.page != "" {
				project["docs/spec/thing.md"] = &fstest.MapFile{Data: []byte(tt.page)}
			}
			wantProblems(t, project, tt.want)
		})
	}
}

func TestGoBlocks(t *testing.T) {
	const file = "package a\n\nfunc b() {\n\tc()\n\td()\n}\n"
	for name, tt := range map[string]struct {
		line string
		want string
	}{
		"an excerpt":                       {line: "<!-- from api/v1/types.go -->\n'''go\nfunc b() {\n\tc()\n'''"},
		"an excerpt with less indentation": {line: "<!-- from api/v1/types.go -->\n'''go\nc()\nd()\n'''"},
		"one that was changed":             {line: "<!-- from api/v1/types.go -->\n'''go\nd()\nc()\n'''", want: "README.md:15: the block is not in api/v1/types.go as it is here"},
		"one that is from nowhere":         {line: "'''go\nc()\n'''", want: "README.md:14: a block of Go needs a line \"<!-- from FILE -->\" above it"},
		"one of a file that is gone":       {line: "<!-- from api/v1/none.go -->\n'''go\nc()\n'''", want: "README.md:15: there is no file api/v1/none.go for the block to be from"},
	} {
		t.Run(name, func(t *testing.T) {
			project := tree(tt.line)
			project["api/v1/types.go"] = &fstest.MapFile{Data: []byte(file)}
			wantProblems(t, project, tt.want)
		})
	}
}

// wantProblems fails the test unless a project has one problem, or none if want is empty.
func wantProblems(t *testing.T, project fstest.MapFS, want string) {
	t.Helper()
	_, problems, err := check(project, help)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
