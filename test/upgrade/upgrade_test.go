// SPDX-License-Identifier: Apache-2.0

package upgrade

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const (
	// currentVersion is what the manager calls itself when nothing sets its version.
	currentVersion = "dev"
	// mostWrites is how often an upgrade may write one object: once for what the new version words otherwise, and once more
	// for what changes meanwhile.
	mostWrites = 2
	// expiring is a VectaraJob that is deleted some time after the upgrade.
	expiring = "expiring"
)

// TestUpgradeAndBack upgrades the last release to the present state while jobs are under way, and goes back. CRDs and permissions
// come first each time, under the manager that runs, as with "kubectl apply" and "helm upgrade": so each manager works with both
// releases' CRDs.
func TestUpgradeAndBack(t *testing.T) {
	before := previousRelease(t)
	w := newWorld(t)
	w.install(filepath.Join(before.tree, "config", "default"))
	manager := w.start(before.manager)

	f := w.fill()
	w.discover()
	temporary := w.expiring()
	w.check("with "+previousVersion, f)
	w.quiet("with "+previousVersion, f)
	settled := time.Now()
	finished, identities := w.finished(f), w.identities()

	writes := w.writes()
	w.install("config/default")
	w.quiet("with "+previousVersion+" and the new CRDs", f)
	w.noStorm("after the new CRDs came", writes, 0)

	writes = w.writes()
	changed := time.Now()
	manager = w.handOver(manager, previousVersion, current, f)
	w.untilPolledBy(currentVersion, f, changed)
	w.check("after the upgrade", f)
	w.noStorm("during the upgrade", writes, mostWrites)
	w.awaitExpiry(temporary)
	w.quiet("after the upgrade", f)
	w.checkDiscovery("after the upgrade", 2)
	if got := w.identities(); !reflect.DeepEqual(got, identities) {
		t.Errorf("after the upgrade, the VectaraJobs are\n%v\nwant\n%v", got, identities)
	}

	// A job that is found now has a VectaraJob of the new version, with the default of the new CRD.
	w.job("job_found-later", "queued", "discovered")
	w.until("the discovery has found another job", func() bool { return len(w.discovered()) == 3 && w.discoveryIsReady() })
	identities = w.identities()

	writes = w.writes()
	w.install(filepath.Join(before.tree, "config", "default"))
	// The API server drops the fields of the discovery's status that its CRD does not have. The manager writes them once more.
	w.quietBut("found", "with the new manager and the CRDs of "+previousVersion, f)
	w.noStorm("after the CRDs of "+previousVersion+" came back", writes, 1)

	writes = w.writes()
	changed = time.Now()
	manager = w.handOver(manager, currentVersion, before.manager, f)
	w.untilPolledBy(previousVersion, f, changed)
	w.check("after the downgrade", f)
	w.noStorm("during the downgrade", writes, mostWrites)
	w.quiet("after the downgrade", f)
	w.checkDiscovery("after the downgrade", 3)
	manager.Stop()

	w.nothingPolledTwice(settled, previousVersion, currentVersion, previousVersion)
	for id, n := range w.finished(f) {
		if had, ok := finished[id]; ok && n != had {
			t.Errorf("%s had ended, and was polled %d times more", id, n-had)
		}
	}
	if got := w.identities(); !reflect.DeepEqual(got, identities) {
		t.Errorf("after the downgrade, the VectaraJobs are\n%v\nwant\n%v", got, identities)
	}
}

// handOver replaces a manager as a Deployment does: the next one is ready, as a standby, before the first one is told to end.
// Jobs move on while nobody looks.
func (w *world) handOver(from *harness.Manager, version, binary string, f fleet) *harness.Manager {
	w.t.Helper()
	to := w.start(binary)
	w.untilPolledBy(version, f, time.Now()) // Meanwhile the standby makes no request, or two managers would be seen at work.
	from.Stop()
	for _, name := range []string{"queued-0", "started-0", "retrying-0"} {
		next := map[string]string{"JobQueued": "started", "JobStarted": "queued", "JobRetrying": "started"}[f[name].reason]
		w.vectara.SetState("job_"+name, next, "")
		m := f[name]
		m.reason = map[string]string{"started": "JobStarted", "queued": "JobQueued"}[next]
		f[name] = m
	}
	for _, manager := range []*harness.Manager{from, to} {
		if slices.ContainsFunc(strings.Split(manager.Output(), "\n"), isError) {
			w.t.Errorf("a manager has errors in its log:\n%s", manager.Output())
		}
	}
	return to
}

// checkDiscovery checks that the discovery is ready, has so many VectaraJobs, and has not forgotten whose was deleted.
func (w *world) checkDiscovery(when string, n int) {
	w.t.Helper()
	w.until("the discovery is ready", w.discoveryIsReady)
	discovered := w.discovered()
	if len(discovered) != n {
		w.t.Errorf("%s, the discovery has %d VectaraJobs, want %d", when, len(discovered), n)
	}
	for name, job := range discovered {
		if job.Spec.JobID == "job_found-completed" {
			w.t.Errorf("%s, %s is there again, which somebody had deleted", when, name)
		}
	}
}

// expiring is a VectaraJob whose time to live is over some time after the upgrade.
func (w *world) expiring() *v1alpha1.VectaraJob {
	w.t.Helper()
	w.job("job_expiring", "aborted")
	w.create(expiring, "job_expiring", keptFor(60))
	w.untilReason(expiring, "JobAborted")
	return w.get(expiring)
}

// awaitExpiry waits until the new manager deletes what the old one saw end, and checks that it goes by when that was.
func (w *world) awaitExpiry(job *v1alpha1.VectaraJob) {
	w.t.Helper()
	over := job.Status.LastTransitionTime.Add(time.Duration(*job.Spec.TTLSecondsAfterFinished) * time.Second)
	if now := w.present(job); !now && time.Now().Before(over) {
		w.t.Fatalf("%s is gone %v too early", job.Name, time.Until(over))
	}
	w.until(job.Name+" is gone", func() bool { return !w.present(job) })
	if early := time.Until(over); early > 0 {
		w.t.Errorf("%s was deleted %v too early", job.Name, early)
	}
}

func (w *world) present(job *v1alpha1.VectaraJob) bool {
	w.t.Helper()
	var object v1alpha1.VectaraJob
	err := w.admin.Get(w.ctx, client.ObjectKeyFromObject(job), &object)
	if !apierrors.IsNotFound(err) {
		w.must(err)
	}
	return err == nil
}

// isError reports whether a line of a log tells of an error. That the lease is given up at the end is none, though controller-runtime
// calls it one, if it comes to that.
func isError(line string) bool {
	return strings.Contains(line, `"level":"error"`) && !strings.Contains(line, `"error":"leader election lost"`)
}
