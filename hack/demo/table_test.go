// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"testing"
)

func TestTableTellsWhichCellsAreEmpty(t *testing.T) {
	const header = "NAME    STATE    REASON   JOB ID"
	row := func(name, state, reason, jobID string) map[string]string {
		return map[string]string{"NAME": name, "STATE": state, "REASON": reason, "JOB ID": jobID}
	}
	for name, test := range map[string]struct {
		lines []string
		want  map[string]string // the last row
	}{
		"every cell is filled": {
			lines: []string{"short   queued   Queued   job_1"},
			want:  row("short", "queued", "Queued", "job_1"),
		},
		"a cell in the middle is empty": {
			lines: []string{"short            Queued   job_1"},
			want:  row("short", "", "Queued", "job_1"),
		},
		"all but the first are empty": {
			lines: []string{"short                     "},
			want:  row("short", "", "", ""),
		},
		"trailing spaces are missing": {
			lines: []string{"short   queued"},
			want:  row("short", "queued", "", ""),
		},
		"a cell has a space in it": {
			lines: []string{"short   queued   a b      job_1"},
			want:  row("short", "queued", "a b", "job_1"),
		},
		"a longer cell makes its column wider": {
			lines: []string{"short   failed_will_retry   Queued   job_1"},
			want:  row("short", "failed_will_retry", "Queued", "job_1"),
		},
		"a column stays as wide as it became": {
			lines: []string{
				"short   failed_will_retry   Queued   job_1",
				"short                       Queued   job_1",
			},
			want: row("short", "", "Queued", "job_1"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			var kubectl table
			if got := kubectl.row(header); got != nil {
				t.Fatalf("the header is taken for a row: %v", got)
			}
			var got map[string]string
			for _, line := range test.lines {
				got = kubectl.row(line)
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("got  %v\nwant %v", got, test.want)
			}
		})
	}
}
