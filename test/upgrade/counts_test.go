// SPDX-License-Identifier: Apache-2.0

package upgrade

import (
	"strings"
	"time"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// writes counts the operator's writes so far, whichever manager made them, by resource, verb and name.
func (w *world) writes() map[string]int {
	w.t.Helper()
	events, err := w.cluster.OperatorRequests(harness.IsWrite(namespace), func(event auditv1.Event) bool {
		return event.ObjectRef.APIGroup == v1alpha1.GroupName
	})
	w.must(err)
	counts := map[string]int{}
	for _, event := range events {
		if event.ObjectRef.Name == expiring {
			continue // It goes when its time is over, which may be at any moment.
		}
		counts[event.ObjectRef.Resource+" "+event.Verb+" "+event.ObjectRef.Name]++
	}
	return counts
}

// since is what was counted between two counts.
func since(before, after map[string]int) map[string]int {
	counts := map[string]int{}
	for key, n := range after {
		if n > before[key] {
			counts[key] = n - before[key]
		}
	}
	return counts
}

// versions are the resource versions of all VectaraJobs and of the discovery.
func (w *world) versions() map[string]string {
	w.t.Helper()
	versions := map[string]string{"found": w.discovery("found").ResourceVersion}
	for name, job := range w.list() {
		versions[name] = job.ResourceVersion
	}
	return versions
}

// quiet checks that nothing is written while nothing happens, for the time of some polls and of some lists of the discovery.
func (w *world) quiet(when string, f fleet) { w.quietBut("", when, f) }

// quietBut does the same, but for one object that may be written once.
func (w *world) quietBut(restless, when string, f fleet) {
	w.t.Helper()
	writes, versions := w.writes(), w.versions()
	lists := w.vectara.Count(simulator.OpListJobs, "")
	polls := map[string]int{}
	for _, name := range f.underWay() {
		polls[name] = w.polls("job_" + name)
	}
	began, more := time.Now(), 1
	if restless != "" {
		more = 3 // It must not be written for each of them.
	}
	w.until(when+", jobs are polled and listed", func() bool {
		for name, n := range polls {
			if w.polls("job_"+name) < n+3 {
				return false
			}
		}
		return w.vectara.Count(simulator.OpListJobs, "") >= lists+more
	})
	made := since(writes, w.writes())
	for object, n := range made {
		if !strings.HasSuffix(object, " "+restless) || n > 1 {
			w.t.Errorf("%s, %d times in %v in which nothing happened: %s", when, n, time.Since(began).Round(time.Second), object)
		}
	}
	for name, version := range w.versions() {
		if versions[name] != version && name != restless {
			w.t.Errorf("%s, the resource version of %s went from %s to %s", when, name, versions[name], version)
		}
	}
}

// noStorm checks how often each object was written since a count.
func (w *world) noStorm(when string, before map[string]int, most int) {
	w.t.Helper()
	made := since(before, w.writes())
	total := 0
	for object, n := range made {
		total += n
		if n > most {
			w.t.Errorf("%s, %d times: %s; want %d at most", when, n, object, most)
		}
	}
	w.t.Logf("%s, %d writes of %d objects", when, total, len(made))
}

// calls are the requests for jobs and lists of them, in the order in which they came.
func (w *world) calls() []simulator.Request {
	return w.vectara.Requests(func(r simulator.Request) bool {
		return r.Operation == simulator.OpGetJob || r.Operation == simulator.OpListJobs
	})
}

// agent is the version of the manager that made a request.
func agent(r simulator.Request) string {
	_, version, _ := strings.Cut(r.Header.Get("User-Agent"), "/")
	return version
}

// untilPolledBy waits until each job under way was polled by a version of the manager since a time.
func (w *world) untilPolledBy(version string, f fleet, start time.Time) {
	w.t.Helper()
	w.until("each job under way was polled by "+version, func() bool {
		missing := map[string]bool{}
		for _, name := range f.underWay() {
			missing["job_"+name] = true
		}
		for _, r := range w.calls() {
			if r.At.After(start) && agent(r) == version {
				delete(missing, r.JobID)
			}
		}
		return len(missing) == 0
	})
}

// nothingPolledTwice checks the requests since a time: one manager at a time made them, in the order of the versions given, and
// none of them polled a job before it was due.
func (w *world) nothingPolledTwice(start time.Time, versions ...string) {
	w.t.Helper()
	const least = interval * 8 / 10 // A tenth is taken off at random, and requests take time.
	last := map[string]time.Time{}
	var turns []string
	for _, r := range w.calls() {
		if !r.At.After(start) {
			continue
		}
		if len(turns) == 0 || turns[len(turns)-1] != agent(r) {
			turns = append(turns, agent(r))
			clear(last) // When it was polled last is not known to the next manager.
		}
		if r.Operation != simulator.OpGetJob {
			continue
		}
		if before, ok := last[r.JobID]; ok && r.At.Sub(before) < least {
			w.t.Errorf("%s was polled by %s twice within %v", r.JobID, agent(r), r.At.Sub(before))
		}
		last[r.JobID] = r.At
	}
	if strings.Join(turns, " ") != strings.Join(versions, " ") {
		w.t.Errorf("requests came from %v, one after the other; want %v: two managers worked at once, or one not at all", turns, versions)
	}
}

// finished counts the polls of jobs that have ended.
func (w *world) finished(f fleet) map[string]int {
	counts := map[string]int{}
	for _, name := range f.names() {
		if id := "job_" + name; !f[name].underWay {
			counts[id] = w.polls(id)
		}
	}
	return counts
}

// identities are the UIDs of all VectaraJobs, and what their users wrote.
func (w *world) identities() map[string]v1alpha1.VectaraJobSpec {
	w.t.Helper()
	all := map[string]v1alpha1.VectaraJobSpec{}
	for name, job := range w.list() {
		if name != expiring {
			all[name+" "+string(job.UID)] = job.Spec
		}
	}
	return all
}
