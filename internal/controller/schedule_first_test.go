// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

func TestFirstPollComesAtOnceWhenNothingIsKnown(t *testing.T) {
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJob
		atOnce bool
	}{
		{"a new object", job(), true},
		{"an object whose Secret was missing", job(withNoCredentials(credentialsNotFound(testNamespace, testSecret))), true},
		{"an object whose Secret was malformed", job(withNoCredentials(credentialsInvalid(testSecret, errTest))), true},
		{"a job seen running whose Secret went missing", job(withState("started"), withNoCredentials(credentialsNotFound(testNamespace, testSecret))), true},
		{"a job seen running", job(withState("started")), false},
		{"a job that was refused", job(withFault(apiFault(jobs.PermissionDenied))), false},
		{"a job in an outage", job(withState("started"), withFault(apiFault(jobs.Unavailable))), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := newSchedule(test.object, testBounds).First(noon)
			if first.Equal(noon) != test.atOnce || first.Before(noon) {
				t.Errorf("The first poll is after %v, want at once: %t", first.Sub(noon), test.atOnce)
			}
		})
	}
}

func TestFirstPollsSpreadEvenlyOverTheWindow(t *testing.T) {
	const objects, buckets = 10_000, 60
	for _, test := range []struct {
		name   string
		object jobOption
		window time.Duration
	}{
		{"jobs that have run for long, over the longest interval", withStateSince("started", noon.Add(-24*time.Hour)), time.Minute},
		{"jobs with a short interval of their own, over that", both(withState("started"), withPollInterval(10*time.Second)), 10 * time.Second},
		{"jobs with a long interval of their own, over the longest adaptive one", both(withState("started"), withPollInterval(time.Hour)), time.Minute},
		{"young jobs, over the shortest interval", withStateSince("started", noon.Add(-time.Second)), 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			var counts [buckets]int
			object := job(test.object)
			for i := range objects {
				object.UID = numbered(i)
				wait := newSchedule(object, testBounds).First(noon).Sub(noon)
				if wait < 0 || wait > test.window {
					t.Fatalf("A first poll is after %v, want within %v", wait, test.window)
				}
				counts[min(int(buckets*wait/test.window), buckets-1)]++
			}
			for i, count := range counts {
				// The mean is 167 and the standard deviation 13. The UIDs are fixed, so this passes or fails for good.
				if count < 100 || count > 240 {
					t.Errorf("%d first polls are in part %d of %d, want about %d", count, i+1, buckets, objects/buckets)
				}
			}
		})
	}
}

func both(a, b jobOption) jobOption {
	return func(object *v1alpha1.VectaraJob) { a(object); b(object) }
}

func TestAClockThatIsSetBackDelaysNoFirstPoll(t *testing.T) {
	s := newSchedule(job(withStateSince("started", noon.Add(-24*time.Hour))), testBounds)
	for _, now := range []time.Time{noon, noon.Add(-48 * time.Hour), noon.AddDate(-50, 0, 0), {}} {
		if wait := s.First(now).Sub(now); wait < 0 || wait > time.Minute {
			t.Errorf("At %v the first poll is after %v, want within a minute", now, wait)
		}
	}
}
