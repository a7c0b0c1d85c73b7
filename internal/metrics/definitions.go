// SPDX-License-Identifier: Apache-2.0

package metrics

// What is counted.
var (
	apiRequests = Definition{
		Name: prefix + "api_requests_total", Kind: Counter,
		Help:   "Requests to Vectara that came to an end, by operation and by the HTTP status of the response.",
		Labels: []Label{operationLabel, codeLabel},
	}
	apiRequestDuration = Definition{
		Name: prefix + "api_request_duration_seconds", Kind: Histogram,
		Help:    "How long requests to Vectara took, from sending one to the last byte of the response or to giving up, in seconds.",
		Labels:  []Label{operationLabel},
		Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
	}
	budgetWait = Definition{
		Name: prefix + "budget_wait_seconds", Kind: Histogram,
		Help:    "How long a request waited for the rate limiter of its credentials, in seconds; one observation for each request.",
		Buckets: []float64{0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
	}
	walks = Definition{
		Name: prefix + "walks_total", Kind: Counter,
		Help:   "Lists of jobs that were read page by page, by what for and by how that ended.",
		Labels: []Label{purposeLabel, walkOutcomeLabel},
	}
	walkPages = Definition{
		Name: prefix + "walk_pages_total", Kind: Counter,
		Help:   "Pages of lists of jobs that Vectara returned, by what the list is for.",
		Labels: []Label{purposeLabel},
	}
	walkPageJobs = Definition{
		Name: prefix + "walk_page_jobs", Kind: Histogram,
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
	writeFailures = Definition{
		Name: prefix + "write_failures_total", Kind: Counter,
		Help:   "Times that a VectaraJob or a VectaraJobDiscovery could not be written, by why: as the API server says, or Panic for a fault in the operator's code.",
		Labels: []Label{writeFailureLabel},
	}
	eventsLost = Definition{
		Name: prefix + "events_lost_total", Kind: Counter,
		Help: "Events that were not written: the API server refused them, could not be reached for two minutes, or too many waited. The log says why.",
	}
)

// What is read at each scrape.
var (
	sessions = Definition{
		Name: prefix + "sessions", Kind: Gauge,
		Help:   "Sets of credentials in use, by their circuit breaker: closed, or open because Vectara refuses the credentials (401), limits their rate (429), or is unavailable.",
		Labels: []Label{breakerLabel},
	}
	oldestOverdue = Definition{
		Name: prefix + "oldest_overdue_poll_seconds", Kind: Gauge,
		Help: "How late the poll is that is most overdue, in seconds; 0 if none is. Credentials that Vectara refused are left out.",
	}
	jobsByState = Definition{
		Name: prefix + "jobs", Kind: Gauge,
		Help:   "VectaraJobs by the state that their status shows; unseen are those whose job Vectara has never returned. On the leader only.",
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
	unwrittenObjects = Definition{
		Name: prefix + "unwritten_objects", Kind: Gauge,
		Help: "VectaraJobs and VectaraJobDiscoveries that could not be written when they last should have been, so that they are out of date.",
	}
	oldestUnwritten = Definition{
		Name: prefix + "oldest_unwritten_object_seconds", Kind: Gauge,
		Help: "For how long the object that could not be written for the longest time has been out of date, in seconds; 0 if there is none.",
	}
	watchFailing = Definition{
		Name: prefix + "watch_failing_seconds", Kind: Gauge,
		Help:   "For how long the operator has not been able to list or watch objects, in seconds, by resource; 0 if it can. On each replica.",
		Labels: []Label{resourceLabel},
	}
	buildInfo = Definition{
		Name: prefix + "build_info", Kind: Gauge,
		Help:   "Always 1; the labels say what was built.",
		Labels: []Label{versionLabel, goVersionLabel},
	}
)

// Definitions are all metrics of the operator.
func Definitions() []Definition {
	return []Definition{
		apiRequests, apiRequestDuration, budgetWait, sessions,
		walks, walkPages, walkPageJobs,
		jobsByState, jobsBlocked, jobsSuspended, oldestOverdue, completionLag, jobsEnded, jobRun,
		discoveries, discoveredJobs,
		writeFailures, eventsLost, unwrittenObjects, oldestUnwritten, watchFailing,
		buildInfo,
	}
}
