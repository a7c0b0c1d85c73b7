// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"maps"
	"runtime"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/version"
)

// job is a VectaraJob that was never polled, as changes change it.
func job(changes ...func(*v1alpha1.VectaraJob)) v1alpha1.VectaraJob {
	var object v1alpha1.VectaraJob
	for _, change := range changes {
		change(&object)
	}
	return object
}

// inState has the job be in a state when it was last polled.
func inState(state v1alpha1.JobState) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) {
		object.Status.State = state
		object.Status.LastTransitionTime = &metav1.Time{Time: time.Unix(1_700_000_000, 0)}
		setSynced(object, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	}
}

// blocked has the last poll have failed.
func blocked(reason string) func(*v1alpha1.VectaraJob) {
	return func(object *v1alpha1.VectaraJob) { setSynced(object, metav1.ConditionFalse, reason) }
}

func setSynced(object *v1alpha1.VectaraJob, status metav1.ConditionStatus, reason string) {
	object.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSynced, Status: status, Reason: reason}}
}

func suspended(object *v1alpha1.VectaraJob) {
	yes := true
	object.Spec.Suspend = &yes
}

func beingDeleted(object *v1alpha1.VectaraJob) {
	object.DeletionTimestamp = &metav1.Time{Time: time.Unix(1_700_000_000, 0)}
}

func TestEachJobIsCountedOnce(t *testing.T) {
	type counts map[string]float64
	for _, test := range []struct {
		name                       string
		object                     v1alpha1.VectaraJob
		states, blocked, suspended counts
	}{
		{"a new one", job(), counts{"state=unseen": 1}, nil, nil},
		{"one that runs", job(inState("started")), counts{"state=started": 1}, nil, nil},
		{"one that completed", job(inState("completed")), counts{"state=completed": 1}, nil, nil},
		{"one without a state", job(inState("")), counts{"state=unknown": 1}, nil, nil},
		{"one in a state of next year", job(inState("paused")), counts{"state=other": 1}, nil, nil},
		{"one that cannot be seen", job(blocked("JobNotFound")), counts{"state=unseen": 1}, counts{"reason=JobNotFound": 1}, nil},
		{"one that was seen and cannot be now", job(inState("queued"), blocked("RateLimited")),
			counts{"state=queued": 1}, counts{"reason=RateLimited": 1}, nil},
		{"one that cannot be seen for a reason of next year", job(blocked("MoonIsFull")),
			counts{"state=unseen": 1}, counts{"reason=other": 1}, nil},
		{"one that ended, and that a recheck could not see", job(inState("failed"), blocked("JobNotFound")), counts{"state=failed": 1}, nil, nil},
		{"one that is suspended", job(inState("queued"), suspended), counts{"state=queued": 1}, nil, counts{"": 1}},
		{"one that could not be seen when it was suspended", job(blocked("Unauthorized"), suspended),
			counts{"state=unseen": 1}, nil, counts{"": 1}},
		{"one that could not be seen and is being deleted", job(blocked("Unauthorized"), beingDeleted), counts{"state=unseen": 1}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, registry := newMetrics(t)
			m.Show(Views{Jobs: func() ([]v1alpha1.VectaraJob, bool) { return []v1alpha1.VectaraJob{test.object}, true }})
			for metric, want := range map[string]counts{"jobs": test.states, "jobs_blocked": test.blocked, "jobs_suspended": test.suspended} {
				if got := amounts(t, registry, metric); !maps.Equal(got, map[string]float64(want)) {
					t.Errorf("%s is %v, want %v", metric, got, want)
				}
			}
		})
	}
}

// discovery is a VectaraJobDiscovery whose condition Ready has a status; none has no condition.
func discovery(ready metav1.ConditionStatus) v1alpha1.VectaraJobDiscovery {
	var object v1alpha1.VectaraJobDiscovery
	if ready != "" {
		object.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: ready}}
	}
	return object
}

func TestDiscoveriesAreCountedByReadiness(t *testing.T) {
	yes := true
	asleep, leaving := discovery(metav1.ConditionFalse), discovery(metav1.ConditionFalse)
	asleep.Spec.Suspend = &yes
	leaving.DeletionTimestamp = &metav1.Time{Time: time.Unix(1_700_000_000, 0)}
	m, registry := newMetrics(t)
	m.Show(Views{Discoveries: func() ([]v1alpha1.VectaraJobDiscovery, bool) {
		return []v1alpha1.VectaraJobDiscovery{
			discovery(metav1.ConditionTrue), discovery(metav1.ConditionTrue), discovery(metav1.ConditionFalse),
			discovery(metav1.ConditionUnknown), discovery(""), asleep, leaving,
		}, true
	}})
	want := map[string]float64{"ready=True": 2, "ready=False": 1, "ready=Unknown": 2}
	if got := amounts(t, registry, "discoveries"); !maps.Equal(got, want) {
		t.Errorf("discoveries is %v, want %v", got, want)
	}
}

func TestSessionsAreShownAsTheyStand(t *testing.T) {
	m, registry := newMetrics(t)
	m.Show(Views{Sessions: func() jobs.Stats {
		return jobs.Stats{Closed: 3, Refused: 2, Paused: 1, Unavailable: 4, Overdue: 90 * time.Second}
	}})
	want := map[string]float64{"breaker=closed": 3, "breaker=refused": 2, "breaker=paused": 1, "breaker=unavailable": 4}
	if got := amounts(t, registry, "sessions"); !maps.Equal(got, want) {
		t.Errorf("sessions is %v, want %v", got, want)
	}
	if got := amounts(t, registry, "oldest_overdue_poll_seconds")[""]; got != 90 {
		t.Errorf("oldest_overdue_poll_seconds is %v, want 90", got)
	}
}

func TestWhatKubernetesRefusesIsShown(t *testing.T) {
	m, registry := newMetrics(t)
	m.Show(Views{
		Writes:  func() (int, time.Duration) { return 3, 90 * time.Second },
		Watches: func() map[string]time.Duration { return map[string]time.Duration{"secrets": time.Minute} },
	})
	for name, want := range map[string]map[string]float64{
		"unwritten_objects":               {"": 3},
		"oldest_unwritten_object_seconds": {"": 90},
		"watch_failing_seconds":           {"resource=secrets": 60},
	} {
		if got := amounts(t, registry, name); !maps.Equal(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestWhatIsNotKnownHasNoSeries(t *testing.T) {
	ofLeader := []string{"jobs", "jobs_blocked", "jobs_suspended", "discoveries"}
	for _, test := range []struct {
		name  string
		views Views
		want  []string // to be missing
	}{
		{"a standby", Views{
			Sessions:    func() jobs.Stats { return jobs.Stats{} },
			Jobs:        func() ([]v1alpha1.VectaraJob, bool) { return nil, false },
			Discoveries: func() ([]v1alpha1.VectaraJobDiscovery, bool) { return nil, false },
			Writes:      func() (int, time.Duration) { return 0, 0 },
			Watches:     func() map[string]time.Duration { return nil },
		}, ofLeader},
		{"an operator that is not put together yet", Views{}, append(ofLeader, "sessions", "oldest_overdue_poll_seconds",
			"unwritten_objects", "oldest_unwritten_object_seconds", "watch_failing_seconds")},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, registry := newMetrics(t)
			m.Show(test.views)
			families := gathered(t, registry)
			for _, name := range test.want {
				if families[prefix+name] != nil {
					t.Errorf("%s is served: %v", name, families[prefix+name])
				}
			}
			if got := len(Definitions()) - len(families); got != len(test.want) {
				t.Errorf("%d metrics are missing, want %d", got, len(test.want))
			}
		})
	}
}

func TestBuildInfoTellsTheVersions(t *testing.T) {
	_, registry := newMetrics(t)
	want := map[string]float64{"go_version=" + runtime.Version() + ",version=" + version.Version: 1}
	if got := amounts(t, registry, "build_info"); !maps.Equal(got, want) {
		t.Errorf("build_info is %v, want %v", got, want)
	}
}
