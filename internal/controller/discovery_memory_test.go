// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// suspend has a person suspend or resume the discovery.
func (w *discoveryWorld) suspend(t *testing.T, suspended bool) {
	t.Helper()
	d := w.stored(t)
	d.Spec.Suspend = &suspended
	if err := w.cluster.Update(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// TestSuspendingForgetsNothing has a discovery suspended before status says what was created.
func TestSuspendingForgetsNothing(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a", "job_b")...)
	w.patchError = errConflict
	w.reconcile(t)
	w.patchError = nil
	w.suspend(t, true)
	w.reconcile(t)
	w.remove(t, "job_a")
	w.suspend(t, false)
	for range 2 {
		w.reconcile(t)
	}
	w.expectVectaraJobs(t, "job_b")
	if got := w.stored(t).Status.CreatedJobs; len(w.created) != 2 || got != 2 {
		t.Errorf("There were the creations %q, and createdJobs is %d; want 2", w.created, got)
	}
}

func TestSuspendingDoesNotMakeAnOldCopyNewEnough(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a")...)
	old := w.stored(t)
	w.reconcile(t)
	w.remove(t, "job_a")
	w.suspend(t, true)
	w.reconcile(t)

	w.cached = old // The discovery was resumed, and the cache shows it as it was before all that.
	if result := w.reconcile(t); result.RequeueAfter != cachePause || len(w.created) != 1 {
		t.Errorf("The result is %+v after the creations %q, want to wait for the cache", result, w.created)
	}
}

// TestTheMemoryIsSentOnlyWhenItChanged: it may be large.
func TestTheMemoryIsSentOnlyWhenItChanged(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(withMaxJobs(2)), secret())
	w.lists(t, listed("job_a", "job_b", "job_c")...)
	w.reconcile(t)
	if !strings.Contains(w.patches[0], "handledJobs") {
		t.Errorf("The first patch is %s, want the memory in it", w.patches[0])
	}
	for _, step := range []struct {
		name   string
		change func()
	}{
		{"a job more waiting", func() { w.lists(t, listed("job_a", "job_b", "job_c", "job_d")...) }},
		{"an outage", func() { w.source.listing.Fault = ptr.To(apiFault(jobs.Unavailable)) }},
		{"another precision of the memory", func() {
			d := w.stored(t)
			d.Spec.LookBack, d.Generation = &metav1.Duration{Duration: 8760 * time.Hour}, 2
			if err := w.cluster.Update(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			w.lists(t, listed("job_a", "job_b", "job_c", "job_e", "job_f")...)
		}},
		{"refused credentials", func() { w.source.listing.Fault = ptr.To(apiFault(jobs.Unauthorized)) }},
	} {
		step.change()
		w.patches = nil
		w.reconcile(t)
		if len(w.patches) != 1 || strings.Contains(w.patches[0], "handledJobs") {
			t.Errorf("With %s, the patches are %q, want one without the memory", step.name, w.patches)
		}
	}
	w.source.listing.Fault = nil
	w.remove(t, "job_a")
	w.patches = nil
	w.reconcile(t)
	if len(w.patches) != 1 || !strings.Contains(w.patches[0], "handledJobs") {
		t.Errorf("With another VectaraJob, the patches are %q, want the memory in one", w.patches)
	}
}

func TestTheSourceIsToldWhenTheLastCompleteListBegan(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(), secret())
	w.lists(t, listed("job_a")...)
	w.reconcile(t)
	w.reconcile(t)
	last := w.source.subscriptions[len(w.source.subscriptions)-1]
	if want := timestamp(w.source.listing.Asked); !last.Listed.Equal(want.Time) || !w.stored(t).Status.LastSweepTime.Equal(want) {
		t.Errorf("Listed is %v and lastSweepTime %v, want the start of the list, %v", last.Listed, w.stored(t).Status.LastSweepTime, want)
	}
}

// TestTheMemoryReachesBackToTheListInStatus: after a restart, the next list reaches back to it, although the window is shorter.
func TestTheMemoryReachesBackToTheListInStatus(t *testing.T) {
	for _, test := range []struct {
		name    string
		created time.Time
		want    bool
	}{
		{"a job of the window", ago(30 * time.Second), true},
		{"a job from before the window, but since the list in status", ago(9 * time.Minute), true},
		{"a job from before both", ago(20 * time.Minute), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			memory := processed{}
			memory.add("job_a", test.created, noon)
			d := discovery(func(d *v1alpha1.VectaraJobDiscovery) {
				d.Status.LastSweepTime = timestamp(ago(10 * time.Minute))
				d.Status.HandledJobs = memory.write(time.Minute)
			})
			listing := list()
			listing.Since = ago(time.Minute)
			result := decideDiscovery(discoveryScope{discovery: d, listing: listing, now: noon})
			if got := result.memory.has("job_a"); got != test.want {
				t.Errorf("That it is remembered is %t, want %t", got, test.want)
			}
		})
	}
}

func TestHowManyAreMirroredAndHowManyWait(t *testing.T) {
	w := newDiscoveryWorld(t, discovery(withMaxJobs(130)), secret())
	w.lists(t, listed(manyIDs(150)...)...)
	expect := func(what string, mirrored, waiting int32) {
		t.Helper()
		w.reconcile(t)
		got := w.stored(t).Status
		if *got.ObservedJobs != 150 || *got.MirroredJobs != mirrored || *got.WaitingJobs != waiting {
			t.Errorf("With %s, %d match, %d are mirrored and %d wait, want 150, %d and %d",
				what, *got.ObservedJobs, *got.MirroredJobs, *got.WaitingJobs, mirrored, waiting)
		}
	}
	expect("a first batch", 100, 50)
	expect("a second batch", 130, 20)
	expect("as many as may be", 130, 20)
	w.remove(t, "job_00001")
	expect("room for one more", 130, 19)

	w.remove(t, "job_00002")
	w.refuse = func(*v1alpha1.VectaraJob) error { return errQuota }
	w.reconcileInVain(t)
	if got := w.stored(t).Status; *got.MirroredJobs != 129 || *got.WaitingJobs != 19 {
		t.Errorf("With a quota, %d are mirrored and %d wait, want 129 and 19", *got.MirroredJobs, *got.WaitingJobs)
	}
}

func TestATemplateSetsNothingThatIsTheOperators(t *testing.T) {
	d := discovery(func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.Template.Metadata.Annotations = map[string]v1alpha1.AnnotationValue{v1alpha1.RequestedAtAnnotation: "now", "jobs.vectara.io.example.com/x": "y"}
		d.Spec.Template.Metadata.Labels = map[string]v1alpha1.LabelValue{"jobs.vectara.io/shard": "1", "team": "search"}
	})
	got := discovered(d, "job_a")
	if len(got.Annotations) != 1 || got.Annotations["jobs.vectara.io.example.com/x"] != "y" {
		t.Errorf("Annotations are %v, want the one that is not reserved", got.Annotations)
	}
	if len(got.Labels) != 2 || got.Labels["team"] != "search" || got.Labels[v1alpha1.DiscoveryLabel] != testDiscovery {
		t.Errorf("Labels are %v, want the one that is not reserved, and the operator's", got.Labels)
	}
}
