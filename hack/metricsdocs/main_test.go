// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/internal/metrics"
)

func TestThePageHasEveryMetricInARowOfItsOwn(t *testing.T) {
	var page strings.Builder
	if err := write(&page, metrics.Definitions()); err != nil {
		t.Fatal(err)
	}
	for _, d := range metrics.Definitions() {
		row := regexp.MustCompile("(?m)^\\| `" + d.Name + "` \\| " + string(d.Kind) + " \\| [^|\n]* \\| [^|\n]+ \\|$")
		if got := len(row.FindAllString(page.String(), -1)); got != 1 {
			t.Errorf("%s has %d rows of four cells, want 1", d.Name, got)
		}
	}
}

func TestLabelsAreDescribedInACell(t *testing.T) {
	for _, test := range []struct {
		name   string
		labels []metrics.Label
		want   string
	}{
		{"no label", nil, ""},
		{"a label with a list", []metrics.Label{{Name: "state", Values: []string{"a", "b"}}}, "`state`: `a`, `b`"},
		{"a label in words", []metrics.Label{{Name: "code", Values: []string{"a"}, Words: "a number"}}, "`code`: a number"},
		{"two labels", []metrics.Label{{Name: "x", Values: []string{"a"}}, {Name: "y", Values: []string{"b"}}}, "`x`: `a`<br>`y`: `b`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := labels(metrics.Definition{Labels: test.labels}); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
