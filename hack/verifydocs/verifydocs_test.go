// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const help = `Usage of manager:
  -endpoint string
    	base URL - see --token-url (default "https://api.vectara.io")
  -kubeconfig string
    	path
  -poll-max duration
    	longest wait
  -zap-devel
    	development mode
`

const goNames = `package v1alpha1

// ConditionSynced and others.
const (
	ConditionSynced = "Synced"
	ConditionReady  = "Ready"
)

const (
	ReasonSynced    = "Synced"
	ReasonJobFailed = "JobFailed"
	unrelated, Size = "Unrelated", 3
)
`

// tree is a project without a fault: each test adds one line to its README. ' stands for a backtick.
func tree(line string) fstest.MapFS {
	readme := []string{
		"# Project", "",
		"## Flags", "", "| flag | default |", "|---|---|", "| '--endpoint', '--poll-max' | |", "| '--zap-*' | |", "",
		"## More", "",
		"See [the guide](docs/guide.md#first-steps) and [below](#more), 'make test' and 'api/v1/types.go'. [All](" + conditionsPage +
			"), [thing](" + specPage + "), [finder](" + discoveryPage + ").", "",
		line, "",
		"## Conditions", "", "'Synced' and 'Ready'. 'Synced' is a reason too.", "",
		"| what | reason | then |", "|---|:---:|---|", "| 'failed' | 'JobFailed' | 'never' |", "",
		"## Last",
	}
	files := map[string]string{
		"README.md":        strings.Join(readme, "\n"),
		"Makefile":         "MODULE := x\ntest: build ## Run tests\n\t@go test\nbuild:\n",
		"docs/guide.md":    "# Guide\n## First steps\n[back](../README.md)\n[licence](/LICENSE)\n",
		"LICENSE":          "",
		"api/v1/types.go":  "",
		"api/v1/x_test.go": "package v1\n\nfunc TestThing(t *testing.T) {}\n\nfunc FuzzThing(f *testing.F) {}\n",
		namesSource:        goNames,
		discoverySource:    "package v1alpha1\n\nconst ReasonFound = \"Found\"\n",
		discoveryPage:      "# Finder\n| status | reason |\n|---|---|\n| 'True' | 'Found' |\n| 'False' | 'JobFailed' |\n",
		specPage:           "# Thing\n| status | reason |\n|---|---|\n| 'True' | 'Synced' |\n| 'False' | 'JobFailed', for a minute |\n",
		conditionsPage: "# All\n## Synced\n| status | reasons |\n|---|---|\n| 'True' | 'Synced' |\n## Ready\n" +
			"## Reasons that are good\n| reason | what |\n|---|---|\n| 'Synced' | 'JobFailed' is another |\n" +
			"## Reasons that are bad\n| reason | what |\n|---|---|\n| 'JobFailed' | bad |\n" +
			"## Reasons of others\n| reason | what |\n|---|---|\n| 'Found' | good |\n",
	}
	content := fstest.MapFS{}
	for name, text := range files {
		content[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, "'", "`"))}
	}
	return content
}

func TestEveryPageCanBeReachedFromTheReadme(t *testing.T) {
	project := tree("")
	project["docs/hidden.md"] = &fstest.MapFile{Data: []byte("# Hidden\n")}
	wantProblems(t, project, "docs/hidden.md:1: README.md has no link to this page")
}

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		line string
		want string // how the one problem starts; empty if all is well
	}{
		"nothing is wrong":                  {line: ""},
		"a link to another site is trusted": {line: "[a](https://example.com/no#where)"},
		"a link to no file":                 {line: "[a](docs/none.md)", want: `README.md:14: link "docs/none.md" leads to no file`},
		"a link out of the tree":            {line: "[a](../other)", want: `README.md:14: link "../other" leads to no file`},
		"a link to no heading here":         {line: "[a](#none)", want: `README.md:14: link "#none" leads to no heading of README.md`},
		"a link to no heading there": {
			line: "[a](docs/guide.md#none)", want: `README.md:14: link "docs/guide.md#none" leads to no heading of docs/guide.md`,
		},
		"a YAML block that parses":             {line: "'''yaml\na: 1\n'''"},
		"a YAML block that does not":           {line: "'''yaml\na: [\n'''", want: "README.md:14: YAML block: parse YAML"},
		"a YAML block that is not meant":       {line: "<!-- not applied -->\n'''yaml\na: [\n'''"},
		"targets in a shell block":             {line: "'''sh\nmake -j2 build test KEEP=1 # and more\n'''"},
		"no such target in a shell block":      {line: "'''sh\ncd x && KEEP=1 make nothing\n'''", want: "README.md:15: there is no target for `make nothing`"},
		"what a command prints below a prompt": {line: "'''console\n$ make test\nmake nothing\n'''"},
		"no such target after a prompt":        {line: "'''console\n$ make nothing\n'''", want: "README.md:15: there is no target for `make nothing`"},
		"no such target in inline code":        {line: "run 'make nothing'", want: "README.md:14: there is no target for `make nothing`"},
		"prose that says make":                 {line: "they make nothing"},
		"a placeholder for a target":           {line: "'make TARGET'"},
		"paths with wildcards":                 {line: "'api/...', './docs/', 'api/*/types.go'"},
		"a path that does not exist":           {line: "'internal/none.go'", want: "README.md:14: there is no `internal/none.go`"},
		"a path of something else":             {line: "'v2/jobs' and 'application/json'"},
		"tests that exist":                     {line: "| fault | test |\n|---|---|\n| x | 'api/v1': 'TestThing', 'FuzzThing' |"},
		"a test in a column of another head":   {line: "| fault | note |\n|---|---|\n| x | 'TestNothing' |"},
		"a test that does not exist":           {line: "| fault | test |\n|---|---|\n| x | 'api/v1': 'TestThing', 'TestNothing' |", want: "README.md:16: there is no test `TestNothing` in \"api/v1\""},
		"a test whose name is longer":          {line: "| target |\n|---|\n| 'api/v1': 'FuzzThin' |", want: "README.md:16: there is no test `FuzzThin` in \"api/v1\""},
		"a test of another folder":             {line: "| test |\n|---|\n| 'docs': 'TestThing' |", want: "README.md:16: there is no test `TestThing` in \"docs\""},
		"a test of no folder":                  {line: "| test |\n|---|\n| 'TestThing' |", want: "README.md:16: there is no test `TestThing` in \"\""},
		"a check instead of a test":            {line: "| test |\n|---|\n| 'make test' |"},
		"a row that names no test":             {line: "| test |\n|---|\n| see above |", want: "README.md:16: no test is named in \"see above\""},
		"a flag that does not exist":           {line: "## Flags\n| '--none' | |", want: "README.md:15: the manager has no flag --none"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, problems, err := check(tree(tt.line), help)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if len(got) > 1 || (len(got) == 1) != (tt.want != "") || !strings.HasPrefix(strings.Join(got, ""), tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAFlagThatTheTableLacks(t *testing.T) {
	_, problems, err := check(tree(""), help+"  -burst int\n")
	if err != nil {
		t.Fatal(err)
	}
	want := "README.md:5: the table lacks the manager's flag --burst"
	if len(problems) != 1 || problems[0].String() != want {
		t.Errorf("got %v, want %q", problems, want)
	}
}

func TestATableOfFlagsIsRequired(t *testing.T) {
	without := tree("")
	readme := without[readmePage]
	readme.Data = []byte(strings.Replace(string(readme.Data), "## Flags", "## Options", 1))
	_, problems, err := check(without, help)
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].text, "no page has a table") {
		t.Errorf("got %v, want one problem about the missing table", problems)
	}
}

func TestMakeTargets(t *testing.T) {
	got := slices.Sorted(maps.Keys(makeTargets("VAR := a\nvar:=b\nall: build\n\tdo: it\nbuild:\n.PHONY: all\n$(TOOL): x\n")))
	if want := []string{"all", "build"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
