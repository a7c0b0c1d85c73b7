// SPDX-License-Identifier: Apache-2.0

package dashboard

func jobs() Row {
	return Row{Title: "Jobs", Panels: []Panel{
		{
			Title:       "Jobs by state",
			Description: "VectaraJobs by the state that Vectara last gave. Unseen: Vectara has never returned the job. Other: a state that this version does not know.",
			Unit:        "short", form: areas, width: half,
			Queries: []Query{query("{{state}}", `sum by (state) (vectara_job_operator_jobs{SCOPE})`)},
		},
		{
			Title:       "Blocked and suspended jobs",
			Description: "Unfinished VectaraJobs whose job cannot be seen, by the reason of their condition Synced, and those with spec.suspend.",
			Unit:        "short", form: areas, width: half,
			Queries: []Query{
				query("{{reason}}", `sum by (reason) (vectara_job_operator_jobs_blocked{SCOPE})`),
				query("suspended", `sum(vectara_job_operator_jobs_suspended{SCOPE})`),
			},
		},
		{
			Title:       "Jobs that ended",
			Description: "How many jobs end a second, by type and outcome.",
			Unit:        "cps", width: third,
			Queries: []Query{
				query("{{type}} {{outcome}}", `sum by (type, outcome) (rate(vectara_job_operator_jobs_ended_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Run time by type and outcome",
			Description: "How long jobs ran in Vectara, from their start to their end, among those that ended in the interval.",
			Unit:        "s", width: third,
			Queries: quantiles("vectara_job_operator_job_run_seconds", "type", "outcome"),
		},
		{
			Title:       "Lag of completion",
			Description: "How long after a job's end in Vectara its VectaraJob says so. Grows with the run time of the jobs: they are polled after a tenth of the time in their state, a minute at most unless set otherwise.",
			Unit:        "s", width: third,
			Queries: quantiles("vectara_job_operator_completion_lag_seconds"),
		},
	}}
}
