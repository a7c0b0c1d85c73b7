// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

// stateRow is a row of the table of conditions for a response with the job.
type stateRow struct {
	name     string
	state    v1alpha1.JobState
	ready    string // status and reason
	progress string // the condition that is there besides Synced and Ready, if any
}

var stateRows = []stateRow{
	{name: "the job is queued", state: "queued", ready: "False JobQueued", progress: "Reconciling"},
	{name: "the job is running", state: "started", ready: "False JobStarted", progress: "Reconciling"},
	{name: "the job will be tried again", state: "failed_will_retry", ready: "False JobRetrying", progress: "Reconciling"},
	{name: "Vectara does not know the state", state: "unknown", ready: "False JobStateUnknown", progress: "Reconciling"},
	{name: "the state is absent", state: "", ready: "False JobStateUnknown", progress: "Reconciling"},
	{name: "the state is a new one", state: "paused_by_admin", ready: "False JobStateUnknown", progress: "Reconciling"},
	{name: "the state differs from a known one in case only", state: "COMPLETED", ready: "False JobStateUnknown", progress: "Reconciling"},
	{name: "the job completed", state: "completed", ready: "True JobCompleted"},
	{name: "the job failed", state: "failed", ready: "False JobFailed", progress: "Stalled"},
	{name: "the job was aborted", state: "aborted", ready: "False JobAborted", progress: "Stalled"},
}

// faultRow is a row of the table of conditions for a poll that did not return the job.
type faultRow struct {
	name     string
	found    gathered
	reason   string
	blocking bool // a person is needed; otherwise Ready stays as it was
}

var faultRows = []faultRow{
	{name: "the job may not be seen", found: failure(apiFault(jobs.PermissionDenied)), reason: "PermissionDenied", blocking: true},
	{name: "the job is not there", found: failure(apiFault(jobs.NotFound)), reason: "JobNotFound", blocking: true},
	{name: "the credentials are refused", found: failure(apiFault(jobs.Unauthorized)), reason: "Unauthorized", blocking: true},
	{
		name: "the token endpoint refuses the client",
		found: failure(apiFault(jobs.Unauthorized, func(f *jobs.Fault) {
			f.FromTokenEndpoint, f.StatusCode, f.Detail, f.RequestID = true, 400, "invalid_client", ""
		})),
		reason: "Unauthorized", blocking: true,
	},
	{name: "the request is rejected", found: failure(apiFault(jobs.RequestRejected)), reason: "RequestRejected", blocking: true},
	{
		name:  "the Secret is missing",
		found: withoutPoll(credentialsNotFound(testNamespace, testSecret)), reason: "CredentialsNotFound", blocking: true,
	},
	{
		name:  "the Secret is malformed",
		found: withoutPoll(credentialsInvalid(testSecret, errors.New("expected a key"))), reason: "CredentialsInvalid", blocking: true,
	},
	{name: "the rate limit is reached", found: failure(apiFault(jobs.RateLimited)), reason: "RateLimited"},
	{name: "Vectara returns 503", found: failure(apiFault(jobs.Unavailable)), reason: "APIUnavailable"},
	{
		name: "there is no connection",
		found: failure(apiFault(jobs.Unavailable, func(f *jobs.Fault) {
			f.StatusCode, f.Words, f.RequestID, f.Detail = 0, nil, "", "connection refused"
		})),
		reason: "APIUnavailable",
	},
	{name: "the response is not JSON", found: failure(apiFault(jobs.InvalidResponse)), reason: "InvalidResponse"},
	{name: "the first poll is overdue for the operator's own request budget", found: unpolled(apiFault(jobs.RateLimited, ownBudget)), reason: "RateLimited"},
	{name: "the first poll is overdue in an outage", found: unpolled(apiFault(jobs.Unavailable)), reason: "APIUnavailable"},
	{name: "the first poll is overdue as the credentials are refused", found: unpolled(apiFault(jobs.Unauthorized)), reason: "Unauthorized", blocking: true},
	{
		name: "a poll after an outage is overdue for a rate limit", reason: "RateLimited",
		found: failure(apiFault(jobs.Unavailable)).overdue(apiFault(jobs.RateLimited)),
	},
	{
		name: "a poll after an outage is overdue as the credentials are refused", reason: "Unauthorized", blocking: true,
		found: failure(apiFault(jobs.Unavailable)).overdue(apiFault(jobs.Unauthorized)),
	},
	{name: "the fault is of a kind that is new here", found: failure(apiFault("Surprise")), reason: "APIUnavailable"},
}

// ownBudget makes a rate limit one of the operator itself.
func ownBudget(f *jobs.Fault) { f.StatusCode, f.Words, f.RequestID = 0, nil, "" }

// history is what an object went through before the poll in question.
type history struct {
	name     string
	object   func() *v1alpha1.VectaraJob
	seen     bool
	ready    string // what the mirrored state says, if the job was seen
	progress string
	finished bool
}

var histories = []history{
	{name: "a new object", object: func() *v1alpha1.VectaraJob { return job() }},
	{
		name:   "an object that only ever met an outage",
		object: func() *v1alpha1.VectaraJob { return job(withFault(apiFault(jobs.Unavailable))) },
	},
	{
		name:   "an object that only ever met a refusal",
		object: func() *v1alpha1.VectaraJob { return job(withFault(apiFault(jobs.PermissionDenied))) },
	},
	{
		name:   "a job last seen running",
		object: func() *v1alpha1.VectaraJob { return job(withState("started")) },
		seen:   true, ready: "False JobStarted", progress: "Reconciling",
	},
	{
		name:   "a job last seen without a state",
		object: func() *v1alpha1.VectaraJob { return job(withState("")) },
		seen:   true, ready: "False JobStateUnknown", progress: "Reconciling",
	},
	{
		name: "a job last seen running and then refused",
		object: func() *v1alpha1.VectaraJob {
			return job(withState("started"), withFault(apiFault(jobs.PermissionDenied)))
		},
		seen: true, ready: "False JobStarted", progress: "Reconciling",
	},
	{
		name:   "a completed job that is rechecked",
		object: func() *v1alpha1.VectaraJob { return job(withState("completed"), withRequestedAt("again")) },
		seen:   true, ready: "True JobCompleted", finished: true,
	},
	{
		name:   "a failed job that is rechecked",
		object: func() *v1alpha1.VectaraJob { return job(withState("failed"), withRequestedAt("again")) },
		seen:   true, ready: "False JobFailed", progress: "Stalled", finished: true,
	},
	{
		name: "an aborted job whose last recheck met an outage and that is rechecked",
		object: func() *v1alpha1.VectaraJob {
			return job(withState("aborted"), withRequestedAt("again"), withFault(apiFault(jobs.Unavailable)), withRequestedAt("once more"))
		},
		seen: true, ready: "False JobAborted", progress: "Stalled", finished: true,
	},
}

// transition is one history followed by one observation. Properties that hold for every status are tested on all of them.
type transition struct {
	name   string
	object *v1alpha1.VectaraJob
	found  gathered
}

func allTransitions() []transition {
	var all []transition
	for _, before := range histories {
		add := func(what string, found gathered) {
			all = append(all, transition{name: before.name + ": " + what, object: before.object(), found: found})
		}
		for _, row := range stateRows {
			add(row.name, answer(row.state))
		}
		for _, row := range faultRows {
			add(row.name, row.found)
		}
	}
	return all
}
