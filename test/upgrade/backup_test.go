// SPDX-License-Identifier: Apache-2.0

package upgrade

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// export returns objects as a backup without status has them, such as Velero's: what is the cluster's own is left out, and
// everything else kept, owners and annotations included.
func (w *world) export(kinds string) string {
	w.t.Helper()
	out, err := w.cluster.Kubectl(w.ctx, "get", kinds, "-n", namespace, "-o", "json")
	w.must(err)
	var list unstructured.UnstructuredList
	w.must(json.Unmarshal([]byte(out), &list))
	for i := range list.Items {
		delete(list.Items[i].Object, "status")
		for _, field := range []string{"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"} {
			unstructured.RemoveNestedField(list.Items[i].Object, "metadata", field)
		}
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": list.Items})
	w.must(err)
	return string(text)
}

// kubectl runs kubectl with something to read.
func (w *world) kubectl(input string, arguments ...string) {
	w.t.Helper()
	command := w.cluster.KubectlCommand(w.ctx, arguments...)
	command.Stdin = strings.NewReader(input)
	if out, err := command.CombinedOutput(); err != nil {
		w.t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
}

// installed is a world with the operator in it, and what collects the garbage of a cluster.
func installed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.must(w.cluster.StartControllerManager())
	w.install("config/default")
	return w
}

// TestRestoreWithoutStatus loses a namespace and restores it from a backup that has no status.
func TestRestoreWithoutStatus(t *testing.T) {
	w := installed(t)
	w.key(v1alpha1.DefaultCredentialsSecretName)
	w.key("mirror") // Of its own, so that no list of the discovery saves a request.
	w.job("job_running", "started")
	w.create("running", "job_running", using("mirror"))
	for _, name := range []string{"finished", "forgotten", "temporary", "requested"} {
		w.job("job_"+name, "completed")
		w.create(name, "job_"+name, using("mirror"), func(job *v1alpha1.VectaraJob) {
			switch name {
			case "temporary":
				keptFor(86400)(job)
			case "requested":
				metav1.SetMetaDataAnnotation(&job.ObjectMeta, v1alpha1.RequestedAtAnnotation, "once")
			}
		})
	}
	manager := w.start(current)
	w.untilReason("running", "JobStarted")
	for _, name := range []string{"finished", "forgotten", "temporary", "requested"} {
		w.untilReason(name, "JobCompleted")
	}
	w.discover() // It finds three jobs, and one of its VectaraJobs is deleted.

	manager.Stop()
	backup := w.export("secrets,vectarajobdiscoveries,vectarajobs")
	if strings.Contains(backup, "JobCompleted") {
		t.Fatalf("the backup has status in it:\n%s", backup)
	}
	_, err := w.cluster.Kubectl(w.ctx, "delete", "namespace", namespace, "--timeout=60s")
	w.must(err)
	w.vectara.RemoveJob("job_forgotten")
	w.vectara.ResetLog()
	restored := time.Now().Truncate(time.Second)
	w.namespace()
	w.kubectl(backup, "create", "-f", "-")
	w.start(current)

	// What Vectara still knows comes back by itself, and goes on.
	w.untilReason("running", "JobStarted")
	w.vectara.SetState("job_running", "completed", "")
	w.untilReason("running", "JobCompleted")
	for _, name := range []string{"finished", "temporary", "requested"} {
		w.untilReason(name, "JobCompleted")
		// Status says when Vectara saw the end, and when the operator did: that is new, and the time to live counts from there.
		job := w.get(name)
		if job.Status.CompletedAt == nil || job.Status.CompletedAt.After(restored) {
			t.Errorf("%s is said to have completed at %v, want before %v", name, job.Status.CompletedAt, restored)
		}
		if job.Status.LastTransitionTime.Time.Before(restored) {
			t.Errorf("the end of %s is said to have been seen at %v, want after %v", name, job.Status.LastTransitionTime, restored)
		}
	}
	if got := w.get("requested").Status.LastHandledReconcileAt; got != "once" {
		t.Errorf("the request in the annotation of the restored VectaraJob is acknowledged as %q", got)
	}
	// What it does not, says so.
	w.untilReason("forgotten", v1alpha1.ReasonJobNotFound)

	w.untilTheDiscoveryOwnsItsJobs(3)
	for _, name := range []string{"finished", "temporary", "requested"} {
		if got := w.polls("job_" + name); got != 1 {
			t.Errorf("the restored VectaraJob %s, whose job had ended, cost %d requests, want 1", name, got)
		}
	}
}

// TestRestoreWithStatusCostsNothing restores status too. The operator takes it as its own, whatever Vectara knows.
func TestRestoreWithStatusCostsNothing(t *testing.T) {
	w := installed(t)
	w.key(v1alpha1.DefaultCredentialsSecretName)
	w.job("job_finished", "completed")
	w.create("finished", "job_finished")
	manager := w.start(current)
	w.untilReason("finished", "JobCompleted")
	manager.Stop()
	saved := w.get("finished")
	w.must(w.admin.Delete(w.ctx, w.get("finished")))
	w.vectara.RemoveJob("job_finished")
	w.vectara.ResetLog()

	w.create("finished", "job_finished")
	restored := w.get("finished")
	restored.Status = saved.Status
	w.must(w.admin.Status().Update(w.ctx, restored))
	version := w.get("finished").ResourceVersion
	w.start(current)
	w.clock(5)
	if got := w.polls("job_finished"); got != 0 {
		t.Errorf("the job was polled %d times", got)
	}
	if got := w.get("finished"); got.ResourceVersion != version || reasonOf(got.Status.Conditions, v1alpha1.ConditionReady) != "JobCompleted" {
		t.Errorf("the VectaraJob was changed to %+v", got.Status)
	}
}

// untilTheDiscoveryOwnsItsJobs waits for what comes of the VectaraJobs of a discovery that was restored: they name an owner that
// is no more, so that Kubernetes deletes them, and the discovery makes new ones. It does that for all jobs in its window, as it has
// forgotten which of them had one.
func (w *world) untilTheDiscoveryOwnsItsJobs(n int) {
	w.t.Helper()
	w.until("the discovery owns all its VectaraJobs", func() bool {
		discovery, own := w.discovery("found"), 0
		for _, job := range w.discovered() {
			if metav1.IsControlledBy(&job, discovery) {
				own++
			}
		}
		return own == n && len(w.discovered()) == n && w.discoveryIsReady()
	})
}

// TestATimeToLiveAndGitWorkAgainstEachOther does what Flux and Argo CD do: it applies a manifest again and again.
func TestATimeToLiveAndGitWorkAgainstEachOther(t *testing.T) {
	w := installed(t)
	w.key(v1alpha1.DefaultCredentialsSecretName)
	w.start(current)
	w.job("job_gate", "completed")
	manifest := func(ttl string) string {
		return `{"apiVersion": "jobs.vectara.io/v1alpha1", "kind": "VectaraJob", "metadata": {"name": "gate"}, "spec": {"jobID": "job_gate"` + ttl + `}}`
	}
	apply := func(manifest string) {
		w.t.Helper()
		w.kubectl(manifest, "apply", "--server-side", "-n", namespace, "-f", "-")
	}
	gone := func() bool {
		return !w.present(&v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "gate"}})
	}

	// With a time to live, each round costs a request, and the gate is open only now and then.
	for round := 1; round <= 2; round++ {
		apply(manifest(`, "ttlSecondsAfterFinished": 1`))
		w.untilReason("gate", "JobCompleted")
		w.until("gate is deleted", gone)
		if got := w.polls("job_gate"); got != round {
			t.Errorf("after round %d, the job was polled %d times", round, got)
		}
	}
	// In the end Vectara has forgotten the job, and the gate shuts.
	w.vectara.RemoveJob("job_gate")
	apply(manifest(`, "ttlSecondsAfterFinished": 1`))
	w.untilReason("gate", v1alpha1.ReasonJobNotFound)
	w.must(w.admin.Delete(w.ctx, w.get("gate")))

	// Without one, applying it again changes nothing and costs nothing, whatever Vectara knows.
	w.job("job_gate", "completed")
	w.vectara.ResetLog()
	apply(manifest(""))
	w.untilReason("gate", "JobCompleted")
	w.vectara.RemoveJob("job_gate")
	before := w.get("gate").ResourceVersion
	for range 3 {
		apply(manifest(""))
	}
	w.clock(5)
	if got := w.get("gate").ResourceVersion; got != before {
		t.Errorf("applying the manifest again changed the VectaraJob from version %s to %s", before, got)
	}
	if got := w.polls("job_gate"); got != 1 {
		t.Errorf("applying the manifest again had the job polled %d times", got-1)
	}
}

// clock waits until another job was polled so many times.
func (w *world) clock(n int) {
	w.t.Helper()
	w.job("job_clock", "started")
	w.key("clock")
	w.create("clock", "job_clock", using("clock"), func(job *v1alpha1.VectaraJob) {
		job.Spec.PollInterval = &metav1.Duration{Duration: time.Second}
	})
	w.until("the clock has ticked", func() bool { return w.polls("job_clock") >= n })
}
