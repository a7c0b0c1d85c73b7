// SPDX-License-Identifier: Apache-2.0

package metrics

// What is counted.
var (
	apiRequests = Definition{
		Name: prefix + "api_requests_total", Kind: Counter,
		Help:   "Requests to Vectara that came to an end, by operation and by the HTTP status of the answer.",
		Labels: []Label{operationLabel, codeLabel},
	}
	apiRequestDuration = Definition{
		Name: prefix + "api_request_duration_seconds", Kind: Histogram,
		Help:    "How long requests to Vectara took, from sending one to the last byte of the answer or to giving up, in seconds.",
		Labels:  []Label{operationLabel},
		Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
	}
	budgetWait = Definition{
		Name: prefix + "budget_wait_seconds", Kind: Histogram,
		Help:    "For how long a call that was to be made waited for the request budget of its credentials, in seconds; one observation for each call.",
		Buckets: []float64{0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
	}
	sweeps = Definition{
		Name: prefix + "sweeps_total", Kind: Counter,
		Help:   "Lists of jobs that were read page by page in place of asking for each job, by what for and by how they ended.",
		Labels: []Label{purposeLabel, sweepOutcomeLabel},
	}
	sweepPages = Definition{
		Name: prefix + "sweep_pages_total", Kind: Counter,
		Help:   "Pages of lists of jobs that Vectara answered with, by what the list is for.",
		Labels: []Label{purposeLabel},
	}
	sweepPageJobs = Definition{
		Name: prefix + "sweep_page_jobs", Kind: Histogram,
		Help:    "How many jobs the pages of lists held; a full page holds 100.",
		Buckets: []float64{0, 1, 5, 10, 25, 50, 75, 99, 100},
	}
	completionLag = Definition{
		Name: prefix + "completion_lag_seconds", Kind: Histogram,
		Help:    "How long after the end of a job, by Vectara's clock, its VectaraJob showed it, in seconds. Jobs that had ended before they were watched are left out.",
		Buckets: []float64{0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600},
	}
	jobRun = Definition{
		Name: prefix + "job_run_seconds", Kind: Histogram,
		Help:    "How long jobs ran that a VectaraJob saw end, from start to end by Vectara's clock, in seconds. Jobs that never started, or without both times, are left out.",
		Labels:  []Label{typeLabel, jobOutcomeLabel},
		Buckets: []float64{1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 28800, 86400},
	}
	jobsEnded = Definition{
		Name: prefix + "jobs_ended_total", Kind: Counter,
		Help:   "Jobs that were seen to end, by how. Those that had ended more than an hour before they were first seen are left out.",
		Labels: []Label{typeLabel, jobOutcomeLabel},
	}
	discoveredJobs = Definition{
		Name: prefix + "discovered_jobs_total", Kind: Counter,
		Help: "VectaraJobs that discoveries created.",
	}
)

// What is looked up at each scrape.
var (
	sessions = Definition{
		Name: prefix + "sessions", Kind: Gauge,
		Help:   "Sets of credentials in use, by whether anything may be asked with them: open, refused by Vectara (401), or told by Vectara to pause (429).",
		Labels: []Label{gateLabel},
	}
	oldestOverdue = Definition{
		Name: prefix + "oldest_overdue_poll_seconds", Kind: Gauge,
		Help: "For how long the look at a job that has waited longest has been due, in seconds; 0 if none is due. Credentials that Vectara refused are left out.",
	}
	jobsByState = Definition{
		Name: prefix + "jobs", Kind: Gauge,
		Help:   "VectaraJobs by the state that their status shows; unseen are those whose job Vectara never answered with. On the leader only.",
		Labels: []Label{stateLabel},
	}
	jobsBlocked = Definition{
		Name: prefix + "jobs_blocked", Kind: Gauge,
		Help:   "VectaraJobs that have not ended and whose job cannot be seen at present, by the reason of Synced. Those that are suspended or being deleted are left out. On the leader only.",
		Labels: []Label{reasonLabel},
	}
	jobsSuspended = Definition{
		Name: prefix + "jobs_suspended", Kind: Gauge,
		Help: "VectaraJobs with spec.suspend. On the leader only.",
	}
	discoveries = Definition{
		Name: prefix + "discoveries", Kind: Gauge,
		Help:   "VectaraJobDiscoveries by the status of their condition Ready; Unknown is also for those that have none yet. Those that are suspended or being deleted are left out. On the leader only.",
		Labels: []Label{readyLabel},
	}
	buildInfo = Definition{
		Name: prefix + "build_info", Kind: Gauge,
		Help:   "Always 1; the labels tell what was built.",
		Labels: []Label{versionLabel, goVersionLabel},
	}
)

// Definitions are all metrics of the operator.
func Definitions() []Definition {
	return []Definition{
		apiRequests, apiRequestDuration, budgetWait, sessions,
		sweeps, sweepPages, sweepPageJobs,
		jobsByState, jobsBlocked, jobsSuspended, oldestOverdue, completionLag, jobsEnded, jobRun,
		discoveries, discoveredJobs,
		buildInfo,
	}
}
