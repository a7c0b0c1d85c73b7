// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

func TestTheConditionsOfADiscovery(t *testing.T) {
	forEachDiscoveryTransition(t, func(t *testing.T, before discoveryHistory, row discoveryRow) {
		object := before.object()
		unchanged := object.DeepCopy()
		next := nextDiscoveryStatus(object, row.found, noon)
		if got, want := discoverySummary(next), row.want(before); !slices.Equal(got, want) {
			t.Errorf("Conditions are %q, want %q", got, want)
		}
		if next.ObservedGeneration != 1 {
			t.Errorf("observedGeneration is %d, want 1", next.ObservedGeneration)
		}
		for _, c := range next.Conditions {
			if c.ObservedGeneration != 1 || c.Message == "" || c.LastTransitionTime.IsZero() {
				t.Errorf("A condition lacks something: %+v", c)
			}
		}
		if got := discoveryHealth(t, discoveryAsStored(t, object, next)); got != row.health {
			t.Errorf("kstatus is %s, want %s", got, row.health)
		}
		if !equality.Semantic.DeepEqual(object, unchanged) {
			t.Error("Deciding changed the discovery")
		}
	})
}

// TestTheSameAgainCostsNoWrite is what "a discovery at rest writes nothing" rests on.
func TestTheSameAgainCostsNoWrite(t *testing.T) {
	forEachDiscoveryTransition(t, func(t *testing.T, before discoveryHistory, row discoveryRow) {
		object := before.object()
		found := row.found
		if found.memory != nil {
			found.memory = processed{digestOf("job_a"): ago(time.Hour), digestOf("job_b"): ago(time.Hour)}
		}
		stored := discoveryAsStored(t, object, nextDiscoveryStatus(object, found, noon))

		again := found
		again.created = nil // They are remembered.
		if again.listing != nil {
			listing := *again.listing
			listing.Asked, listing.Answered = listing.Asked.Add(time.Minute), listing.Answered.Add(time.Minute)
			again.listing = &listing
		}
		if again.memory != nil {
			again.memory = readProcessed(stored.Status.HandledJobs)
		}
		next := nextDiscoveryStatus(stored, again, noon.Add(time.Minute))
		if got, want := asJSON(t, next), asJSON(t, stored.Status); got != want {
			t.Errorf("The status changed from\n%s to\n%s", want, got)
		}
	})
}

func TestWhatTheMessagesOfADiscoverySay(t *testing.T) {
	for _, row := range slices.Concat(listRows, listFaultRows) {
		next := nextDiscoveryStatus(discovery(), row.found, noon)
		ready := meta.FindStatusCondition(next.Conditions, v1alpha1.ConditionReady)
		if ready == nil || !strings.Contains(ready.Message, row.says) {
			t.Errorf("When %s, Ready is %+v, want it to say %q", row.name, ready, row.says)
		}
		if strings.Contains(ready.Message, testAPIKey) {
			t.Errorf("When %s, the message contains the key", row.name)
		}
	}
}

func TestAFaultKeepsTheMessageThatItBeganWith(t *testing.T) {
	words := func(requestID string, words ...string) func(*jobs.Fault) {
		return func(f *jobs.Fault) { f.RequestID, f.Words = requestID, words }
	}
	refusal := func(text string) discoveryResult {
		return came(func(f *discoveryResult) { f.refused = text })
	}
	for _, test := range []struct {
		name          string
		first, second discoveryResult
		want          string // what the second message has
	}{
		{"an outage in other words", faultyList(jobs.Unavailable, words("req-1", "Overloaded.")), faultyList(jobs.Unavailable, words("req-2", "Down.")), "Overloaded."},
		{"a refusal with another request ID", faultyList(jobs.PermissionDenied, words("req-1", "No.")), faultyList(jobs.PermissionDenied, words("req-2", "No.")), "req-1"},
		{"a refusal with another explanation", faultyList(jobs.PermissionDenied, words("req-1", "No.")), faultyList(jobs.PermissionDenied, words("req-2", "Your plan ended.")), "Your plan ended."},
		{
			"a quota that refuses another VectaraJob",
			refusal(`vectarajobs "legal-1a" is forbidden: exceeded quota: team, used: 5`),
			refusal(`vectarajobs "legal-2b" is forbidden: exceeded quota: team, used: 6`), "used: 5",
		},
		{"a quota and then something else", refusal("exceeded quota: team"), refusal("admission webhook says no"), "webhook says no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := discovery(withResult(test.first))
			next := nextDiscoveryStatus(object, test.second, noon)
			for _, c := range next.Conditions {
				if !strings.Contains(c.Message, test.want) {
					t.Errorf("%s says %q, want %q in it", c.Type, c.Message, test.want)
				}
			}
		})
	}

	t.Run("but whoever requests a list gets the present message", func(t *testing.T) {
		object := discovery(withResult(faultyList(jobs.Unavailable, words("req-1", "Overloaded."))))
		found := faultyList(jobs.Unavailable, words("req-2", "Down."))
		found.request.RequestedAt = "again"
		next := nextDiscoveryStatus(object, found, noon)
		if got := meta.FindStatusCondition(next.Conditions, v1alpha1.ConditionReconciling).Message; !strings.Contains(got, "req-2") {
			t.Errorf("The message is %q", got)
		}
		if next.LastHandledReconcileAt != "again" {
			t.Errorf("lastHandledReconcileAt is %q", next.LastHandledReconcileAt)
		}
	})
}

func TestARefusalIsQuotedWithinBounds(t *testing.T) {
	next := nextDiscoveryStatus(discovery(), came(func(f *discoveryResult) { f.refused = strings.Repeat("no\x1b[31m\n", 10_000) }), noon)
	for _, c := range next.Conditions {
		if len([]rune(c.Message)) > 32768 || strings.ContainsAny(c.Message, "\x1b\n") {
			t.Errorf("The message of %s is no good: %.80q…, %d bytes", c.Type, c.Message, len(c.Message))
		}
	}
}

func TestNumbersInTheStatusOfADiscovery(t *testing.T) {
	before := discovery(withResult(came(func(f *discoveryResult) { f.created = listed("job_a", "job_b") })))
	for _, test := range []struct {
		name     string
		found    discoveryResult
		observed int32
		created  int64
	}{
		{"nothing new", came(), 2, 2},
		{"a job that has ended its time in the window", came(func(f *discoveryResult) { f.listing = list(listed("job_b")...) }), 1, 2},
		{"a job that is new", came(func(f *discoveryResult) {
			f.listing, f.created = list(listed("job_a", "job_b", "job_c")...), listed("job_c")
		}), 3, 3},
		{"a truncated list does not say how many there are, but what it has gets theirs", came(func(f *discoveryResult) {
			f.listing, f.created = list(listed("job_c", "job_d", "job_e")...), listed("job_c", "job_d", "job_e")
			f.listing.Truncated = true
		}), 2, 5},
		{"an outage", faultyList(jobs.Unavailable), 2, 2},
		{"a refusal", faultyList(jobs.Unauthorized), 2, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			next := nextDiscoveryStatus(before, test.found, noon)
			if next.ObservedJobs == nil || *next.ObservedJobs != test.observed || next.CreatedJobs != test.created {
				t.Errorf("observedJobs is %v and createdJobs %d, want %d and %d", next.ObservedJobs, next.CreatedJobs, test.observed, test.created)
			}
		})
	}
	if next := nextDiscoveryStatus(discovery(), faultyList(jobs.Unavailable), noon); next.ObservedJobs != nil || next.LastSweepTime != nil {
		t.Errorf("Without a list, status has what comes of one: %+v", next)
	}
}

func TestLastSweepTimeMovesWithAChangeOrAfterAnHour(t *testing.T) {
	quiet := came()
	changed := came(func(f *discoveryResult) { f.listing = list(listed("job_b")...) })
	cut := came(func(f *discoveryResult) { f.listing.Truncated = true })
	at := func(found discoveryResult, after time.Duration) discoveryResult {
		listing := *found.listing
		listing.Asked = ago(30 * time.Minute).Add(after)
		found.listing = &listing
		return found
	}
	before := discovery(withResult(quiet)) // Half an hour before noon.
	for _, test := range []struct {
		name  string
		found discoveryResult
		want  time.Duration // since the list before
	}{
		{"nothing changed a minute later", at(quiet, time.Minute), 0},
		{"nothing changed within the hour", at(quiet, time.Hour-time.Second), 0},
		{"an hour passed", at(quiet, time.Hour), time.Hour},
		{"a day passed", at(quiet, 24*time.Hour), 24 * time.Hour},
		{"a job less a minute later", at(changed, time.Minute), time.Minute},
		{"a list that is cut", at(cut, 2*time.Hour), 0},
		{"an outage", faultyList(jobs.Unavailable), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			next := nextDiscoveryStatus(before, test.found, noon)
			if got := next.LastSweepTime.Sub(before.Status.LastSweepTime.Time); got != test.want {
				t.Errorf("lastSweepTime moved by %v, want %v", got, test.want)
			}
		})
	}
}

func TestTheRequestIsEchoed(t *testing.T) {
	for _, test := range []struct {
		name, before, requested, want string
	}{
		{"a request is echoed", "", "now", "now"},
		{"a new one takes its place", "before", "now", "now"},
		{"none leaves the last one", "before", "", "before"},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Status.LastHandledReconcileAt = test.before })
			for _, found := range []discoveryResult{came(), faultyList(jobs.PermissionDenied)} {
				found.request = jobs.Request{Generation: 7, RequestedAt: test.requested}
				next := nextDiscoveryStatus(object, found, noon)
				if next.LastHandledReconcileAt != test.want || next.ObservedGeneration != 7 {
					t.Errorf("The echo is %q for generation %d, want %q for 7", next.LastHandledReconcileAt, next.ObservedGeneration, test.want)
				}
			}
		})
	}
}

func TestConditionsOfOthersStayOnADiscovery(t *testing.T) {
	object := discovery()
	meta.SetStatusCondition(&object.Status.Conditions, condition("example.com/Audited", "True", "Audited", "x"))
	next := nextDiscoveryStatus(object, came(), noon)
	if !meta.IsStatusConditionTrue(next.Conditions, "example.com/Audited") {
		t.Errorf("Conditions are %q", discoverySummary(next))
	}
}

func TestKstatusWaitsForTheOperatorToReconcileADiscovery(t *testing.T) {
	generation2 := func(d *v1alpha1.VectaraJobDiscovery) { d.Generation = 2 }
	for name, object := range map[string]*v1alpha1.VectaraJobDiscovery{
		"a new discovery":                              discovery(),
		"a ready one of a new generation":              discovery(withResult(came()), generation2),
		"a stalled one of a new generation":            discovery(withResult(faultyList(jobs.Unauthorized)), generation2),
		"one that has been suspended since it was new": discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Suspend = ptr.To(true) }),
	} {
		if got := discoveryHealth(t, object); got != status.InProgressStatus {
			t.Errorf("kstatus of %s is %s, want InProgress", name, got)
		}
	}
}

func discoveryHealth(t *testing.T, object *v1alpha1.VectaraJobDiscovery) status.Status {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatalf("Converting the discovery: %v", err)
	}
	converted := &unstructured.Unstructured{Object: content}
	converted.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(v1alpha1.VectaraJobDiscoveryKind))
	result, err := status.Compute(converted)
	if err != nil {
		t.Fatalf("kstatus: %v", err)
	}
	return result.Status
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("Encoding: %v", err)
	}
	return string(text)
}
