// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

func createdAfter(at time.Time) discoveryOption {
	return func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.CreatedAfter, d.Spec.LookBack = &metav1.Time{Time: at}, nil
	}
}

func onCorpora(keys ...string) discoveryOption {
	return func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.CorpusKeys = keys }
}

func TestWhatIsSaidWhenNoJobMatches(t *testing.T) {
	for _, test := range []struct {
		name   string
		object *v1alpha1.VectaraJobDiscovery
		want   string
	}{
		{"the default window", discovery(), "The window begins 24h ago. Vectara"},
		{"a window in the past", discovery(createdAfter(noon.Add(-time.Hour))), "The window begins 2026-03-01T11:00:00Z. Vectara"},
		{"a window in the future", discovery(createdAfter(noon.AddDate(1, 0, 0))), "The window begins 2027-03-01T12:00:00Z, which is in the future. Vectara"},
		{"a window of parts of hours", discovery(func(d *v1alpha1.VectaraJobDiscovery) {
			d.Spec.LookBack = &metav1.Duration{Duration: 90 * time.Minute}
		}), "begins 1h30m ago."},
		{"some corpora", discovery(onCorpora("legal", "hr")), "24h ago; corpora: legal, hr. Vectara"},
		{"many corpora", discovery(onCorpora("a", "b", "c", "d", "e", "f")), "corpora: a, b, c, d, e, …."},
		{"types and states", discovery(func(d *v1alpha1.VectaraJobDiscovery) {
			d.Spec.Types, d.Spec.States = []v1alpha1.JobType{"rebuild\nvector"}, []v1alpha1.JobState{"failed", "aborted"}
		}), "; types: rebuild vector; states: failed, aborted."},
	} {
		t.Run(test.name, func(t *testing.T) {
			ready := discoveredAll(test.object, discoveryResult{listing: list()}, noon)
			if ready.Reason != v1alpha1.ReasonNoJobMatches || !strings.Contains(ready.Message, test.want) {
				t.Errorf("Ready is %s, %q, want %q in it", ready.Reason, ready.Message, test.want)
			}
		})
	}
}

func TestWhichCorporaNoJobWorksOn(t *testing.T) {
	mirrored := job(func(object *v1alpha1.VectaraJob) { object.Status.CorpusKeys = []string{"hr"} })
	listing := func(change func(*jobs.Listing)) *jobs.Listing {
		l := list()
		l.Any, l.CorpusKeys = true, []string{"legal"}
		change(l)
		return l
	}
	for _, test := range []struct {
		name    string
		listing *jobs.Listing
		present []v1alpha1.VectaraJob
		want    []string
	}{
		{"those of no job on the list", listing(func(*jobs.Listing) {}), nil, []string{"hr", "legl"}},
		{"none that a VectaraJob mirrors", listing(func(*jobs.Listing) {}), []v1alpha1.VectaraJob{*mirrored}, []string{"legl"}},
		{"none as long as there is no job", listing(func(l *jobs.Listing) { l.Any = false }), nil, nil},
		{"none of a list that is cut", listing(func(l *jobs.Listing) { l.Truncated = true }), nil, nil},
		{"none if all are seen", listing(func(l *jobs.Listing) { l.CorpusKeys = []string{"hr", "legal", "legl"} }), nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := unseenCorpora(discovery(onCorpora("legal", "hr", "legl")), test.listing, test.present); !slices.Equal(got, test.want) {
				t.Errorf("They are %q, want %q", got, test.want)
			}
		})
	}
}

// TestAWindowInTheFutureIsLookedAtAgainWhenItBegins holds that the message does not go on saying so.
func TestAWindowInTheFutureIsLookedAtAgainWhenItBegins(t *testing.T) {
	result := came(func(r *discoveryResult) { r.listing = list() })
	for _, test := range []struct {
		name   string
		begins time.Duration
		want   time.Duration
	}{
		{"before anything else", 10 * time.Minute, 10*time.Minute + time.Second},
		{"after the time of the last list is written again", 48 * time.Hour, lastSweepTimeRefresh - time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := discovery(createdAfter(noon.Add(test.begins)))
			status := nextDiscoveryStatus(object, result, noon)
			if got := discoveryRequeue(object, status, &result, noon); (got - test.want).Abs() > 2*time.Second {
				t.Errorf("It is looked at after %v, want about %v", got, test.want)
			}
		})
	}
}

func TestWhatMayBeAMistakeInADiscoveryIsAWarning(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(onCorpora("legal", "legl")), secret())
	w.lists(t, listed("job_a")...)
	w.source.listing.Any, w.source.listing.CorpusKeys = true, []string{"legal"}
	w.reconcile(t)
	w.reconcile(t)
	warnings := 0
	for _, event := range w.recorder.events {
		if event.kind == "Warning" && event.reason == "CorpusNotSeen" && strings.Contains(event.note, "works on legl:") {
			warnings++
		}
	}
	if warnings != 1 {
		t.Errorf("There are %d warnings, want 1: %q", warnings, w.recorder.events)
	}

	w = newDiscoveryWorld(t, discovery(createdAfter(noon.AddDate(1, 0, 0))), secret())
	w.lists(t)
	w.reconcile(t)
	if events := w.recorder.events; len(events) != 1 || events[0].kind != "Warning" || events[0].reason != v1alpha1.ReasonNoJobMatches {
		t.Errorf("A window in the future is told as %q", events)
	}
}
