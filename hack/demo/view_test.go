// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func TestJournalWritesRowsAndNotesBelowEachOther(t *testing.T) {
	var out strings.Builder
	j := newView(&printer{out: &out, width: func() int { return 0 }})
	j.row(time.Second, map[string]string{"NAME": "missing", "READY": "False", "REASON": "JobNotFound"})
	j.tick(2 * time.Second)
	j.row(3*time.Second, map[string]string{"NAME": "retries", "STATE": "queued", "TYPE": "rebuild_vector_index", "READY": "False", "REASON": "JobQueued"})
	j.note(20*time.Second, "it is done")
	const want = "" +
		"  TIME  NAME       STATE              TYPE                           READY  REASON\n" +
		"   +1s  missing                                                      False  JobNotFound\n" +
		"   +3s  retries    queued             rebuild_vector_index           False  JobQueued\n" +
		"  +20s  it is done\n"
	if got := out.String(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestBoardDrawsOverWhatItDrewBefore(t *testing.T) {
	var out strings.Builder
	b := newView(&printer{out: &out, width: func() int { return 40 }})
	b.row(time.Second, map[string]string{"NAME": "fails", "STATE": "queued", "REASON": v1alpha1.ReasonJobQueued})
	b.row(2*time.Second, map[string]string{"NAME": "fails", "STATE": "failed", "REASON": v1alpha1.ReasonJobFailed})
	first, second, drawnOver := strings.Cut(out.String(), "\x1b[3A")
	if !drawnOver {
		t.Fatalf("the cursor does not go up by the three lines of the first drawing: %q", out.String())
	}
	if strings.Count(first, "\n") != 3 || !strings.Contains(first, "queued") {
		t.Errorf("first drawing: %q", first)
	}
	if strings.Count(second, "\n") != 3 || !strings.Contains(second, red) || strings.Contains(second, "queued") {
		t.Errorf("second drawing: %q", second)
	}
	for line := range strings.Lines(first + second) {
		for _, code := range []string{"\x1b[K", red, yellow, plain, "\r", "\n"} {
			line = strings.ReplaceAll(line, code, "")
		}
		if len(line) > 40 {
			t.Errorf("a line of %d characters wraps: %q", len(line), line)
		}
	}
}
