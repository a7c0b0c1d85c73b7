// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestTheDemoFailsWhenACheckDoesNotHold(t *testing.T) {
	good, bad := outcome{ok: true, text: "this holds"}, outcome{text: "this does not"}
	for name, test := range map[string]struct {
		outcomes []outcome
		want     string // part of the error; empty when there is none
	}{
		"all hold":          {outcomes: []outcome{good, good}},
		"one does not hold": {outcomes: []outcome{good, bad}, want: "1 of 2 checks did not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			d := &demo{out: &printer{out: &out, width: func() int { return 0 }}}
			err := d.report(test.outcomes)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if failed := strings.Contains(out.String(), "FAIL  this does not\n"); failed != (test.want != "") {
				t.Errorf("the output is:\n%s", out.String())
			}
		})
	}
}
