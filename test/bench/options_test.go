// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		args      []string
		sizes     []int
		scenarios []string
	}{
		"with no flags, everything is measured":        {nil, []int{100, 1000, 10_000}, scenarioNames()},
		"sizes are ordered, and each is measured once": {[]string{"--sizes=50, 10,50"}, []int{10, 50}, scenarioNames()},
		"scenarios keep the order that they need":      {[]string{"--scenarios=finished,steady"}, []int{100, 1000, 10_000}, []string{"steady", "finished"}},
		"scenarios in which objects come while the operator runs": {
			[]string{"--order=live"}, []int{100, 1000, 10_000}, []string{"converge-live", "lists-late", "lists-empty", "newcomer"},
		},
		"both flags choose": {[]string{"--order=before", "--scenarios=newcomer,waited"}, []int{100, 1000, 10_000}, []string{"waited"}},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := parse(test.args, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range o.scenarios {
				names = append(names, s.name)
			}
			if !slices.Equal(o.sizes, test.sizes) || !slices.Equal(names, test.scenarios) {
				t.Errorf("got %v and %v", o.sizes, names)
			}
		})
	}
}

func TestParseSaysWhichFlagIsWrong(t *testing.T) {
	for arg, want := range map[string]string{
		"--sizes=":             "--sizes",
		"--sizes=0":            "--sizes",
		"--sizes=1000000":      "--sizes",
		"--sizes=ten":          "--sizes",
		"--scenarios=stready":  `no "stready"`,
		"--unknown":            "-unknown",
		"--order=after":        "--order",
		"steady":               `argument "steady"`,
		"--scenarios=steady,,": `no ""`,
	} {
		t.Run(arg, func(t *testing.T) {
			if _, err := parse([]string{arg}, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want something about %s", err, want)
			}
		})
	}
}
