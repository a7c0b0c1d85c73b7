// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// remembering is a memory of so many jobs, named by their number, that were created at times.
func remembering(n int, created func(i int) time.Time) processed {
	h := processed{}
	for i := range n {
		h.add(fmt.Sprint("job_", i), created(i), noon)
	}
	return h
}

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// every is a time of creation for each job, so far apart, back from noon.
func every(d time.Duration) func(int) time.Time {
	return func(i int) time.Time { return ago(time.Duration(i) * d) }
}

// throughStatus is a memory as it comes back from the API server.
func throughStatus(t *testing.T, h processed, grain time.Duration) processed {
	t.Helper()
	encoded, err := json.Marshal(h.write(grain))
	if err != nil {
		t.Fatalf("Encoding the memory: %v", err)
	}
	var groups []v1alpha1.HandledJobs
	if err := json.Unmarshal(encoded, &groups); err != nil {
		t.Fatalf("Decoding the memory: %v", err)
	}
	return readProcessed(groups)
}

func TestTheMemoryKnowsWhatItWasToldAndNothingElse(t *testing.T) {
	h := throughStatus(t, remembering(300, every(time.Minute)), time.Minute)
	for i := range 600 {
		if id := fmt.Sprint("job_", i); h.has(id) != (i < 300) {
			t.Errorf("That %s is remembered is %t", id, h.has(id))
		}
	}
}

// TestAJobIsRememberedForAsLongAsItIsInTheWindow is what "what was deleted is not created again" rests on.
func TestAJobIsRememberedForAsLongAsItIsInTheWindow(t *testing.T) {
	for _, lookBack := range []time.Duration{time.Minute, 90 * time.Minute, 24 * time.Hour, 8760 * time.Hour} {
		grain := grainOf(lookBack)
		for _, inside := range []time.Duration{0, time.Nanosecond, 900 * time.Millisecond, time.Second, lookBack / 3, lookBack} {
			start := ago(lookBack)
			h := processed{}
			h.add(testJobID, start.Add(inside), noon)
			h = throughStatus(t, h, grain)
			h.forget(start, nil, noon)
			if !h.has(testJobID) {
				t.Errorf("A window of %v has forgotten a job that began %v inside it", lookBack, inside)
			}
			h.forget(start.Add(inside+2*time.Second+grain), nil, noon)
			if h.has(testJobID) {
				t.Errorf("A window of %v still remembers a job that it left more than %v ago", lookBack, grain)
			}
		}
	}
}

func TestAJobThatTheWindowBeginsWithIsRemembered(t *testing.T) {
	for _, created := range []time.Time{noon, noon.Truncate(time.Hour)} {
		h := processed{}
		h.add(testJobID, created, noon)
		h = throughStatus(t, h, time.Minute)
		h.forget(created, nil, noon)
		if !h.has(testJobID) {
			t.Errorf("A job of %v is forgotten by a window since that very moment", created)
		}
	}
}

func TestJobsThatStayOnTheListAreNotForgotten(t *testing.T) {
	for _, test := range []struct {
		name    string
		created time.Time
	}{
		{"one without a time of creation", time.Time{}},
		{"one whose time of creation Vectara now says is another", ago(30 * time.Hour)},
		{"one that is to be created in the year 9000", time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := processed{}
			h.add(testJobID, test.created, noon)
			listed := []jobs.Found{{ID: testJobID}}
			for now := noon; now.Before(noon.Add(72 * time.Hour)); now = now.Add(5 * time.Hour) {
				h.forget(now.Add(-24*time.Hour), listed, now)
				h = throughStatus(t, h, grainOf(24*time.Hour))
				if !h.has(testJobID) {
					t.Fatalf("It is forgotten after %v", now.Sub(noon))
				}
			}
			over := noon.Add(200 * time.Hour)
			h.forget(over.Add(-24*time.Hour), nil, over)
			if h.has(testJobID) {
				t.Error("It is remembered although it has been off the list for days")
			}
		})
	}
}

// TestTheMemoryAlwaysFitsIntoAStatus has the bounds of the CRD.
func TestTheMemoryAlwaysFitsIntoAStatus(t *testing.T) {
	digests := regexp.MustCompile(`^([A-Za-z0-9+/]{8})+$`)
	for _, test := range []struct {
		name   string
		memory processed
		grain  time.Duration
	}{
		{"nothing to remember", processed{}, time.Minute},
		{"a full day", remembering(2000, every(43*time.Second)), grainOf(24 * time.Hour)},
		{"a full year", remembering(2000, every(4*time.Hour)), grainOf(8760 * time.Hour)},
		{"as much as is remembered at all, from one moment", remembering(maxProcessed, every(0)), grainOf(0)},
		{"as much as is remembered at all, from two weeks", remembering(maxProcessed, every(time.Minute)), grainOf(time.Minute)},
		{"jobs of a day in a window that was made a minute", remembering(1440, every(time.Minute)), grainOf(time.Minute)},
		{"a year of lists that were never complete", remembering(8760, every(time.Hour)), grainOf(time.Hour)},
		{"a job of each year since the first", remembering(2026, func(i int) time.Time {
			return time.Date(i+1, 6, 1, 0, 0, 0, 0, time.UTC)
		}), grainOf(0)},
		{"jobs that are to be created, one in each year until the last", remembering(7900, func(i int) time.Time {
			return time.Date(2027+i, 6, 1, 0, 0, 0, 0, time.UTC)
		}), grainOf(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			groups := test.memory.write(test.grain)
			if len(groups) > 512 {
				t.Errorf("There are %d groups, more than the CRD takes", len(groups))
			}
			for _, group := range groups {
				if len(group.Digests) > 160_000 || !digests.MatchString(group.Digests) {
					t.Errorf("The CRD does not take these %d digests: %.40q…", len(group.Digests)/digestChars, group.Digests)
				}
				if year := group.CreatedBefore.Year(); year < 1 || year > 9999 {
					t.Errorf("The CRD does not take the year %d", year)
				}
			}
			if encoded, err := json.Marshal(groups); err != nil || len(encoded) > 210_000 {
				t.Errorf("It takes %d bytes, and the error is %v", len(encoded), err)
			}
			back := throughStatus(t, test.memory, test.grain)
			if len(back) != len(test.memory) {
				t.Errorf("%d jobs of %d came back", len(back), len(test.memory))
			}
			for d, createdBefore := range test.memory {
				if back[d].Before(createdBefore.Truncate(time.Second)) {
					t.Errorf("A job is remembered until %v, want %v at least", back[d], createdBefore)
				}
			}
		})
	}
}

// TestTheSameMemoryIsTheSameText is what "no write when nothing changed" rests on.
func TestTheSameMemoryIsTheSameText(t *testing.T) {
	for _, test := range []struct {
		name  string
		n     int
		apart time.Duration
		grain time.Duration
	}{
		{"a few jobs", 7, time.Second, time.Minute},
		{"many jobs", 900, time.Minute, grainOf(24 * time.Hour)},
		{"more groups than the CRD takes", 900, time.Hour, time.Minute},
		{"without an end to the window", 900, time.Hour, grainOf(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			forth := remembering(test.n, every(test.apart))
			back := processed{}
			for i := test.n - 1; i >= 0; i-- {
				back.add(fmt.Sprint("job_", i), ago(time.Duration(i)*test.apart), noon)
			}
			want := fmt.Sprint(forth.write(test.grain))
			if got := fmt.Sprint(back.write(test.grain)); got != want {
				t.Error("The order in which jobs were processed shows")
			}
			if got := fmt.Sprint(throughStatus(t, forth, test.grain).write(test.grain)); got != want {
				t.Error("It is another text after it was read back")
			}
		})
	}
}

func TestAMemoryThatSomebodyElseWroteDoesNoHarm(t *testing.T) {
	at := metav1.NewTime(noon)
	for _, test := range []struct {
		name    string
		digests string
		want    int
	}{
		{"nothing", "", 0},
		{"half a digest", "abcd", 0},
		{"a digest and a half", "abcdefghijkl", 1},
		{"the same digest twice", "abcdefghabcdefgh", 1},
		{"what is not base64", "\x00\xff…!?~~~", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := readProcessed([]v1alpha1.HandledJobs{{CreatedBefore: at, Digests: test.digests}})
			if len(h) != test.want {
				t.Errorf("%d jobs are remembered, want %d", len(h), test.want)
			}
			if h.has(testJobID) {
				t.Error("A job is remembered that was never added")
			}
		})
	}
	t.Run("a group of the last hours that there are", func(t *testing.T) {
		h := readProcessed([]v1alpha1.HandledJobs{{CreatedBefore: metav1.NewTime(latest.Add(12 * time.Hour)), Digests: "abcdefgh"}})
		for _, grain := range []time.Duration{time.Minute, grainOf(0)} {
			if got := h.write(grain); got[0].CreatedBefore.Year() != 9999 {
				t.Errorf("It is written back as %v, which the API server does not take", got)
			}
		}
	})
	t.Run("a group without a time", func(t *testing.T) {
		h := readProcessed([]v1alpha1.HandledJobs{{Digests: string(digestOf(testJobID))}})
		if got := h.write(time.Minute); len(got) != 1 || got[0].Digests != string(digestOf(testJobID)) {
			t.Errorf("It is written back as %v", got)
		}
		h.forget(ago(time.Hour), nil, noon)
		if len(h) != 0 {
			t.Error("It is remembered for ever")
		}
	})
}

func TestDigestsTellJobsApart(t *testing.T) {
	seen := map[digest]string{}
	for i := range maxProcessed {
		id := fmt.Sprintf("job_%s%d", strings.Repeat("x", i%60), i)
		d := digestOf(id)
		if len(d) != digestChars {
			t.Fatalf("The digest %q has %d characters, want %d", d, len(d), digestChars)
		}
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have the same digest", id, other)
		}
		seen[d] = id
	}
	// What is in the status of a discovery today must be understood by the operator of tomorrow.
	if got, want := digestOf("job_3Kx9QpVn2mZr8YbLc5TdWe"), digest("CocaWhni"); got != want {
		t.Errorf("The digest is %q, want %q as ever", got, want)
	}
}
