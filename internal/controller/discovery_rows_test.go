// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// came is the result of a complete list, as changes change it.
func came(changes ...func(*discoveryResult)) discoveryResult {
	found := discoveryResult{request: jobs.Request{Generation: 1}, listing: list(listed("job_a", "job_b")...), memory: processed{}}
	for _, change := range changes {
		change(&found)
	}
	return found
}

// refusedList is the result that there was no list, for a fault.
func refusedList(f *fault) discoveryResult {
	return discoveryResult{request: jobs.Request{Generation: 1}, fault: f}
}

// faultyList is the result that there was no list, for a fault of a kind.
func faultyList(kind jobs.FaultKind, changes ...func(*jobs.Fault)) discoveryResult {
	f := apiFault(kind, changes...)
	return refusedList(faultOf(&f, testSecret, toList))
}

// discoveryRow is a row of the table of conditions of a discovery.
type discoveryRow struct {
	name  string
	found discoveryResult
	// ready is the status and reason of Ready; empty if it stays as it was.
	ready    string
	progress string // the condition that is there besides Ready, if any
	health   status.Status
	says     string // what the message says, besides
}

// listRows are those for a list that came.
var listRows = []discoveryRow{
	{name: "all jobs have theirs", found: came(), ready: "True JobsDiscovered", health: status.CurrentStatus},
	{
		name: "some jobs have got theirs", found: came(func(f *discoveryResult) { f.created = listed("job_a", "job_b") }),
		ready: "True JobsDiscovered", health: status.CurrentStatus,
	},
	{
		name: "no job matches", found: came(func(f *discoveryResult) { f.listing = list(); f.listing.Any = true }),
		ready: "True NoJobMatches", health: status.CurrentStatus, says: "No job matches. The window begins 24h ago.",
	},
	{
		name: "there is no job", found: came(func(f *discoveryResult) { f.listing = list() }),
		ready: "True NoJobMatches", health: status.CurrentStatus, says: "Vectara lists no job at all in this window.",
	},
	{
		name: "no job works on one of the corpora", found: came(func(f *discoveryResult) { f.unseen = []string{"legl", "hrr"} }),
		ready: "True JobsDiscovered", health: status.CurrentStatus, says: "No job on the list works on legl, hrr: check spec.corpusKeys.",
	},
	{
		name: "more are to be created", found: came(func(f *discoveryResult) { f.plan.later, f.plan.excess = 30, 5 }),
		ready: "False CreatingJobs", progress: "Reconciling", health: status.InProgressStatus,
	},
	{
		name: "one is more than spec.maxJobs", found: came(func(f *discoveryResult) { f.plan.excess = 1 }),
		ready: "False MaxJobsReached", progress: "Stalled", health: status.FailedStatus, says: "1 matching job waits for a VectaraJob",
	},
	{
		name: "some are more than spec.maxJobs", found: came(func(f *discoveryResult) { f.plan.excess = 7 }),
		ready: "False MaxJobsReached", progress: "Stalled", health: status.FailedStatus, says: "7 matching jobs wait for a VectaraJob: there are as many as spec.maxJobs allows (1000)",
	},
	{
		name: "the list is too long", found: came(func(f *discoveryResult) { f.listing.Truncated = true }),
		ready: "False TooManyJobs", progress: "Stalled", health: status.FailedStatus, says: "longer than the operator reads",
	},
	{
		name: "the memory is full", found: came(func(f *discoveryResult) { f.plan.forgone, f.plan.excess = 3, 2 }),
		ready: "False TooManyJobs", progress: "Stalled", health: status.FailedStatus, says: "remembers at most 20000",
	},
	{
		name: "the template's labels are not watched", found: came(func(f *discoveryResult) { f.unwatched, f.memory = true, nil }),
		ready: "False NotWatched", progress: "Stalled", health: status.FailedStatus, says: "--watch-label-selector",
	},
	{
		name: "a VectaraJob was refused",
		found: came(func(f *discoveryResult) {
			f.refused, f.plan.later = `vectarajobs "legal-x" is forbidden: exceeded quota: team, used: 5`, 10
		}),
		ready: "False CreationFailed", progress: "Reconciling", health: status.InProgressStatus, says: "exceeded quota: team",
	},
}

// listFaultRows are those for a list that did not come.
var listFaultRows = []discoveryRow{
	{name: "the jobs may not be listed", found: faultyList(jobs.PermissionDenied), ready: "False PermissionDenied", progress: "Stalled", health: status.FailedStatus, says: "list jobs"},
	{name: "there is no list", found: faultyList(jobs.NotFound), ready: "False JobNotFound", progress: "Stalled", health: status.FailedStatus, says: "no list of jobs"},
	{name: "the credentials are refused", found: faultyList(jobs.Unauthorized), ready: "False Unauthorized", progress: "Stalled", health: status.FailedStatus},
	{name: "the request is rejected", found: faultyList(jobs.RequestRejected), ready: "False RequestRejected", progress: "Stalled", health: status.FailedStatus, says: "request to list jobs"},
	{name: "the Secret is missing", found: refusedList(credentialsNotFound(testNamespace, testSecret)), ready: "False CredentialsNotFound", progress: "Stalled", health: status.FailedStatus},
	{
		name: "the Secret is malformed", found: refusedList(credentialsInvalid(testSecret, errors.New("expected a key"))),
		ready: "False CredentialsInvalid", progress: "Stalled", health: status.FailedStatus,
	},
	{name: "the rate limit is reached", found: faultyList(jobs.RateLimited), progress: "Reconciling RateLimited", health: status.InProgressStatus},
	{name: "Vectara returns 503", found: faultyList(jobs.Unavailable), progress: "Reconciling APIUnavailable", health: status.InProgressStatus},
	{name: "the response is not JSON", found: faultyList(jobs.InvalidResponse), progress: "Reconciling InvalidResponse", health: status.InProgressStatus},
	{name: "the fault is of a kind that is new here", found: faultyList("Surprise"), progress: "Reconciling APIUnavailable", health: status.InProgressStatus},
}

// discoveryHistory is what a discovery went through before. Ready is what stays in an outage, if anything does.
type discoveryHistory struct {
	name   string
	object func() *v1alpha1.VectaraJobDiscovery
	ready  string
}

func discoveryHistories() []discoveryHistory {
	all := []discoveryHistory{{name: "a new discovery", object: func() *v1alpha1.VectaraJobDiscovery { return discovery() }}}
	for _, row := range listRows {
		all = append(all, discoveryHistory{
			"a list where " + row.name, func() *v1alpha1.VectaraJobDiscovery { return discovery(withResult(row.found)) }, row.ready,
		})
		all = append(all, discoveryHistory{
			"a list where " + row.name + " and then an outage",
			func() *v1alpha1.VectaraJobDiscovery {
				return discovery(withResult(row.found), withResult(faultyList(jobs.Unavailable)))
			}, row.ready,
		})
	}
	for _, row := range listFaultRows {
		all = append(all, discoveryHistory{
			"a list that failed as " + row.name, func() *v1alpha1.VectaraJobDiscovery { return discovery(withResult(row.found)) }, "",
		})
	}
	return append(all, discoveryHistory{
		"a list, a refusal and then an outage", func() *v1alpha1.VectaraJobDiscovery {
			return discovery(withResult(came()), withResult(faultyList(jobs.PermissionDenied)), withResult(faultyList(jobs.Unavailable)))
		}, "",
	})
}

// discoverySummary is the conditions as "Type Status Reason", in the order of their types.
func discoverySummary(s v1alpha1.VectaraJobDiscoveryStatus) []string {
	return summary(v1alpha1.VectaraJobStatus{Conditions: s.Conditions})
}

// want are the conditions after what a discovery went through.
func (r discoveryRow) want(before discoveryHistory) []string {
	ready, progress := r.ready, r.progress
	if kind, reason, ok := strings.Cut(progress, " "); ok {
		progress = kind + " True " + reason
		if ready = before.ready; ready == "" {
			ready = "Unknown " + reason
		}
	} else if progress != "" {
		progress += " True " + reasonOf(ready)
	}
	lines := []string{"Ready " + ready}
	if progress != "" {
		lines = append(lines, progress)
	}
	slices.Sort(lines)
	return lines
}

func forEachDiscoveryTransition(t *testing.T, what func(t *testing.T, before discoveryHistory, row discoveryRow)) {
	t.Helper()
	for _, before := range discoveryHistories() {
		for _, row := range slices.Concat(listRows, listFaultRows) {
			t.Run(before.name+", now "+row.name, func(t *testing.T) { what(t, before, row) })
		}
	}
}
