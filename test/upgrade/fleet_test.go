// SPDX-License-Identifier: Apache-2.0

package upgrade

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// interval is the poll interval of the jobs that are under way.
const interval = 2 * time.Second

// member is a VectaraJob, and what is to be seen of it for as long as nobody changes its job.
type member struct {
	reason string        // of Ready
	health status.Status // by kstatus
	// whether its job is polled again and again
	underWay bool
}

// fleet is what the operator mirrors, by the names of the VectaraJobs. The ID of each job is "job_" and that name.
type fleet map[string]member

// underWay are the names of those that are polled.
func (f fleet) underWay() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for name, m := range f {
			if m.underWay && !yield(name) {
				return
			}
		}
	})
}

func (f fleet) names() []string { return slices.Sorted(maps.Keys(f)) }

// fill creates VectaraJobs for whatever can become of a job. Jobs under way have a key each, so that they are polled one by one
// and never listed together: polls can be counted by job.
func (w *world) fill() fleet {
	w.t.Helper()
	f := fleet{}
	w.key(v1alpha1.DefaultCredentialsSecretName)
	add := func(name, state string, m member, changes ...func(*v1alpha1.VectaraJob)) {
		w.job("job_"+name, state)
		w.create(name, "job_"+name, changes...)
		f[name] = m
	}
	every := func(job *v1alpha1.VectaraJob) { job.Spec.PollInterval = &metav1.Duration{Duration: interval} }
	for _, kind := range []struct{ name, state, reason string }{
		{"queued", "queued", "JobQueued"}, {"started", "started", "JobStarted"},
		{"retrying", "failed_will_retry", "JobRetrying"}, {"unknown", "unknown", "JobStateUnknown"},
	} {
		for i := range 3 {
			name := fmt.Sprint(kind.name, "-", i)
			w.key(name)
			add(name, kind.state, member{reason: kind.reason, health: status.InProgressStatus, underWay: true}, using(name), every)
		}
	}
	for i := range 5 {
		add(fmt.Sprint("completed-", i), "completed", member{reason: "JobCompleted", health: status.CurrentStatus})
		add(fmt.Sprint("failed-", i), "failed", member{reason: "JobFailed", health: status.FailedStatus})
		add(fmt.Sprint("aborted-", i), "aborted", member{reason: "JobAborted", health: status.FailedStatus})
	}
	add("kept-for-a-day", "completed", member{reason: "JobCompleted", health: status.CurrentStatus}, keptFor(86400))
	add("without-secret", "started", member{reason: "CredentialsNotFound", health: status.FailedStatus}, using("nobody-made-it"))
	return f
}

// check compares each VectaraJob with what is to be seen of it.
func (w *world) check(when string, f fleet) {
	w.t.Helper()
	for _, name := range f.names() {
		w.untilReason(name, f[name].reason)
		job := w.get(name)
		conditions := job.Status.Conditions
		if meta.FindStatusCondition(conditions, v1alpha1.ConditionReconciling) != nil && meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled) != nil {
			w.t.Errorf("%s, %s is both reconciling and stalled", when, name)
		}
		if synced := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionSynced); synced != (f[name].reason != "CredentialsNotFound") {
			w.t.Errorf("%s, Synced of %s is %v", when, name, synced)
		}
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(job)
		w.must(err)
		got, err := status.Compute(&unstructured.Unstructured{Object: content})
		w.must(err)
		if got.Status != f[name].health {
			w.t.Errorf("%s, kstatus of %s is %s (%s), want %s", when, name, got.Status, got.Message, f[name].health)
		}
	}
}

// discover creates a discovery that finds three jobs, and deletes the VectaraJob of one: that it had one is a memory that has to
// last.
func (w *world) discover() {
	w.t.Helper()
	for _, state := range []string{"started", "completed", "failed"} {
		w.job("job_found-"+state, state, "discovered")
	}
	// Credentials of its own: its lists would show the jobs that have ended, and so hide whether anybody polls them.
	w.key("discovery")
	w.must(w.admin.Create(w.ctx, &v1alpha1.VectaraJobDiscovery{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "found"},
		Spec: v1alpha1.VectaraJobDiscoverySpec{
			CorpusKeys: []string{"discovered"},
			SecretRef:  v1alpha1.SecretReference{Name: "discovery"},
			Interval:   &metav1.Duration{Duration: 10 * time.Second},
		},
	}))
	w.until("the discovery has found three jobs", func() bool { return len(w.discovered()) == 3 && w.discoveryIsReady() })
	for name, job := range w.discovered() {
		if job.Spec.JobID == "job_found-completed" {
			w.until(name+" is finished", func() bool { return w.get(name).IsFinished() })
			w.must(w.admin.Delete(w.ctx, w.get(name)))
		}
	}
}

// discovered are the VectaraJobs of the discovery, by the names of the VectaraJobs.
func (w *world) discovered() map[string]v1alpha1.VectaraJob {
	w.t.Helper()
	return w.list(client.MatchingLabels{v1alpha1.DiscoveryLabel: "found"})
}

func (w *world) discoveryIsReady() bool {
	w.t.Helper()
	discovery := w.discovery("found")
	return meta.IsStatusConditionTrue(discovery.Status.Conditions, v1alpha1.ConditionReady) &&
		discovery.Status.ObservedGeneration == discovery.Generation
}
