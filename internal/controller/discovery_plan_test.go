// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// planSummary is what becomes of each job on a list.
func planSummary(p discoveryPlan) string {
	return fmt.Sprintf("create %q, adopt %q, leave %q, %d later, %d in excess, %d forgone",
		idsOf(p.create), idsOf(p.adopt), idsOf(p.leave), p.later, p.excess, p.forgone)
}

func TestWhichJobsGetAVectaraJob(t *testing.T) {
	d := discovery()
	another := discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Name, d.UID = "another", "another" })
	former := discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.UID = "former" })
	deleting := func(all []v1alpha1.VectaraJob) []v1alpha1.VectaraJob {
		for i := range all {
			beingDeleted(&all[i])
		}
		return all
	}
	for _, test := range []struct {
		name     string
		maxJobs  int32
		memory   []string
		present  []v1alpha1.VectaraJob
		expected []string
		found    []jobs.Found
		want     discoveryPlan
	}{
		{name: "an empty list needs nothing"},
		{
			name: "a job that nobody knows gets one", found: listed("job_a"),
			want: discoveryPlan{create: listed("job_a")},
		},
		{
			name: "a job that has had one gets none, although it is gone", memory: []string{"job_a"}, found: listed("job_a"),
			want: discoveryPlan{},
		},
		{
			name: "a job that has had one gets none, and it is there", memory: []string{"job_a"}, present: made(d, "job_a"), found: listed("job_a"),
			want: discoveryPlan{},
		},
		{
			name: "one that was created and not remembered is adopted", present: made(d, "job_a"), found: listed("job_a"),
			want: discoveryPlan{adopt: listed("job_a")},
		},
		{
			name: "one that was created and neither remembered nor in the cache yet is adopted", expected: []string{"job_a"}, found: listed("job_a"),
			want: discoveryPlan{adopt: listed("job_a")},
		},
		{
			name: "one that was created, not remembered, and is being deleted is adopted", present: deleting(made(d, "job_a")), found: listed("job_a"),
			want: discoveryPlan{adopt: listed("job_a")},
		},
		{
			name: "a job that somebody wrote one for is left to them", present: byHand("job_a"), found: listed("job_a"),
			want: discoveryPlan{leave: listed("job_a")},
		},
		{
			name: "a job that a workflow wrote one for is left to it", present: ownedBy("Workflow", "job_a"), found: listed("job_a"),
			want: discoveryPlan{leave: listed("job_a")},
		},
		{
			name: "a job that another discovery created one for gets one from this, too", present: made(another, "job_a"), found: listed("job_a"),
			want: discoveryPlan{create: listed("job_a")},
		},
		{
			name: "a job whose one goes with a former discovery of that name gets another", present: made(former, "job_a"), found: listed("job_a"),
			want: discoveryPlan{create: listed("job_a")},
		},
		{
			name: "with an own one besides one by hand, the own one counts", present: slices.Concat(byHand("job_a"), made(d, "job_a")), found: listed("job_a"),
			want: discoveryPlan{adopt: listed("job_a")},
		},
		{
			name: "the oldest come first, whatever their order on the list",
			found: []jobs.Found{
				{ID: "job_a", CreatedAt: ago(time.Minute)}, {ID: "job_b", CreatedAt: ago(time.Hour)}, {ID: "job_c", CreatedAt: ago(time.Second)},
			},
			want: discoveryPlan{create: []jobs.Found{{ID: "job_b"}, {ID: "job_a"}, {ID: "job_c"}}},
		},
		{
			name:  "of the same moment, the order is that of their IDs",
			found: []jobs.Found{{ID: "job_b", CreatedAt: noon}, {ID: "job_a", CreatedAt: noon}},
			want:  discoveryPlan{create: []jobs.Found{{ID: "job_a"}, {ID: "job_b"}}},
		},
		{
			name: "maxJobs leaves the newest without one", maxJobs: 2, found: listed("job_a", "job_b", "job_c"),
			want: discoveryPlan{create: listed("job_a", "job_b"), excess: 1},
		},
		{
			name: "maxJobs counts those that are there", maxJobs: 2, memory: []string{"job_x"}, present: made(d, "job_x"), found: listed("job_a", "job_b"),
			want: discoveryPlan{create: listed("job_a"), excess: 1},
		},
		{
			name: "maxJobs counts those that are no longer on the list", maxJobs: 1, present: made(d, "job_x"), found: listed("job_a"),
			want: discoveryPlan{excess: 1},
		},
		{
			name: "maxJobs counts those that are being deleted", maxJobs: 1, memory: []string{"job_x"}, present: deleting(made(d, "job_x")), found: listed("job_a"),
			want: discoveryPlan{excess: 1},
		},
		{
			name: "maxJobs counts those that the cache does not show yet", maxJobs: 2, memory: []string{"job_x"}, expected: []string{"job_x"}, found: listed("job_a", "job_b"),
			want: discoveryPlan{create: listed("job_a"), excess: 1},
		},
		{
			name: "maxJobs counts no VectaraJob twice", maxJobs: 2, memory: []string{"job_x"}, present: made(d, "job_x"), expected: []string{"job_x"}, found: listed("job_a"),
			want: discoveryPlan{create: listed("job_a")},
		},
		{
			name: "maxJobs does not count those that are gone", maxJobs: 1, memory: []string{"job_x", "job_y"}, found: listed("job_x", "job_y", "job_a"),
			want: discoveryPlan{create: listed("job_a")},
		},
		{
			name: "maxJobs does not count those of others", maxJobs: 1, present: slices.Concat(byHand("job_x"), made(another, "job_y")), found: listed("job_a"),
			want: discoveryPlan{create: listed("job_a")},
		},
		{
			name: "without room, what needs none is still remembered", maxJobs: 1, present: slices.Concat(made(d, "job_a"), byHand("job_b")), found: listed("job_a", "job_b", "job_c"),
			want: discoveryPlan{adopt: listed("job_a"), leave: listed("job_b"), excess: 1},
		},
		{
			name: "a maxJobs that was lowered deletes nothing", maxJobs: 1, memory: []string{"job_x", "job_y"}, present: made(d, "job_x", "job_y"), found: listed("job_x", "job_y", "job_a"),
			want: discoveryPlan{excess: 1},
		},
		{
			name: "a hundred are created at once", found: listed(manyIDs(130)...),
			want: discoveryPlan{create: listed(manyIDs(100)...), later: 30},
		},
		{
			name: "those that follow a batch keep within maxJobs", maxJobs: 110, found: listed(manyIDs(130)...),
			want: discoveryPlan{create: listed(manyIDs(100)...), later: 10, excess: 20},
		},
		{
			name: "a full memory lets none in", memory: manyIDs(maxProcessed), present: made(d, "job_a"), found: listed("job_a", "job_b"),
			want: discoveryPlan{forgone: 2},
		},
		{
			name: "the last place in the memory goes to the oldest", memory: manyIDs(maxProcessed - 1), found: listed("job_a", "job_b", "job_c"),
			want: discoveryPlan{create: listed("job_a"), forgone: 2},
		},
		{
			name: "a full memory still knows those that are in it", memory: manyIDs(maxProcessed), found: listed(manyIDs(3)...),
			want: discoveryPlan{},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := discovery()
			if test.maxJobs != 0 {
				d.Spec.MaxJobs = test.maxJobs
			}
			memory := processed{}
			for _, id := range test.memory {
				memory.add(id, ago(time.Hour), noon)
			}
			got := planSummary(planDiscovery(d, memory, test.present, test.expected, test.found))
			if want := planSummary(test.want); got != want {
				t.Errorf("The plan is to %s; want %s", got, want)
			}
		})
	}
}

func TestPlanningLeavesTheListAlone(t *testing.T) {
	found := []jobs.Found{{ID: "job_a", CreatedAt: noon}, {ID: "job_b", CreatedAt: ago(time.Hour)}}
	before := slices.Clone(found)
	planDiscovery(discovery(), processed{}, nil, nil, found)
	if !slices.Equal(found, before) {
		t.Error("The list is in another order: it belongs to the source")
	}
}

func TestTheWindowAndTheInterval(t *testing.T) {
	since := metav1.NewTime(ago(time.Hour))
	for _, test := range []struct {
		name     string
		spec     v1alpha1.VectaraJobDiscoverySpec
		window   jobs.Window
		interval time.Duration
	}{
		{"by default, a day back every minute", v1alpha1.VectaraJobDiscoverySpec{}, jobs.Window{LookBack: 24 * time.Hour}, time.Minute},
		{
			"lookBack", v1alpha1.VectaraJobDiscoverySpec{LookBack: &metav1.Duration{Duration: time.Hour}},
			jobs.Window{LookBack: time.Hour}, time.Minute,
		},
		{"createdAfter", v1alpha1.VectaraJobDiscoverySpec{CreatedAfter: &since}, jobs.Window{Since: since.Time}, time.Minute},
		{
			"interval", v1alpha1.VectaraJobDiscoverySpec{Interval: &metav1.Duration{Duration: time.Hour}},
			jobs.Window{LookBack: 24 * time.Hour}, time.Hour,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Spec = test.spec })
			if got := windowOf(d); got != test.window {
				t.Errorf("The window is %+v, want %+v", got, test.window)
			}
			if got := intervalOf(d); got != test.interval {
				t.Errorf("The interval is %v, want %v", got, test.interval)
			}
		})
	}
}
