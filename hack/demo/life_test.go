// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// logged is a line as the manager writes it, of an object of a name.
func logged(name string) string {
	return `{"level":"info","ts":"2026-01-31T12:00:04.5Z","msg":"The job changed its state","controller":"vectarajob",` +
		`"VectaraJob":{"name":"` + name + `","namespace":"search"},"namespace":"search","name":"` + name + `","reconcileID":"8c1d",` +
		`"jobID":"job_1","state":"started","stateBefore":"queued","comment":"so far, so good","empty":""}` + "\n"
}

func TestTimelineTellsLogAndEventsInTheirOrder(t *testing.T) {
	applied := time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)
	event := func(after time.Duration, reason string) corev1.Event {
		return corev1.Event{Type: "Normal", Reason: reason, Message: "It is so.", EventTime: metav1.NewMicroTime(applied.Add(after))}
	}
	log := "a line that is no JSON\n" + logged("retries") + logged("fails") + `{"level":"info"}` + "\n" + `{"broken`
	got := timeline(applied, linesAbout(log, "search", "retries"), []corev1.Event{
		event(9*time.Second, "JobCompleted"), event(4500*time.Millisecond, "JobStarted"), event(time.Second, "Synced"),
	})
	const want = "" +
		"  TIME  FROM   WHAT\n" +
		"   +1s  event  Normal Synced: It is so.\n" +
		"   +4s  log    The job changed its state\n" +
		"                 state=started stateBefore=queued comment=\"so far, so good\" empty=\"\"\n" +
		"   +4s  event  Normal JobStarted: It is so.\n" +
		"   +9s  event  Normal JobCompleted: It is so.\n"
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestWrapFillsLines(t *testing.T) {
	long := strings.Repeat("x", textWidth-2)
	for name, test := range map[string]struct{ words, want []string }{
		"nothing":                           {nil, nil},
		"what fits":                         {[]string{"a", "b"}, []string{"a b"}},
		"what just fits":                    {[]string{"a", long}, []string{"a " + long}},
		"what does not fit":                 {[]string{"ab", long, "c"}, []string{"ab", long + " c"}},
		"a word that is longer than a line": {[]string{"a", long + "xyz", "c"}, []string{"a", long + "xyz", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wrap(test.words); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTheHeroIsAJobOfTheDemo(t *testing.T) {
	d := &demo{jobs: stories}
	if d.endOf(hero) == "" {
		t.Errorf("%s has no end", hero)
	}
}
