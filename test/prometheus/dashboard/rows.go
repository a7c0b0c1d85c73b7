// SPDX-License-Identifier: Apache-2.0

package dashboard

// Rows are the contents of the dashboard, from what users need first to what maintainers need last.
func Rows() []Row {
	return []Row{glance(), jobs(), vectara(), walks(), discovery(), operator()}
}

func glance() Row {
	return Row{Title: "At a glance", Panels: []Panel{
		{
			Title:       "Unfinished jobs",
			Description: "VectaraJobs whose job has not ended, as far as is known. Those that were never seen count.",
			Unit:        "short", form: number, width: sixth,
			Queries: []Query{query("unfinished", `sum(vectara_job_operator_jobs{state!~"completed|failed|aborted", SCOPE})`)},
		},
		{
			Title:       "Failed and aborted jobs",
			Description: "VectaraJobs that are there and whose job failed or was aborted. They go away when somebody deletes them, or with their TTL.",
			Unit:        "short", form: number, width: sixth,
			Queries: []Query{query("failed or aborted", `sum(vectara_job_operator_jobs{state=~"failed|aborted", SCOPE})`)},
		},
		{
			Title:       "Blocked jobs",
			Description: "Unfinished VectaraJobs whose job cannot be seen at present, for whatever reason. Good: 0.",
			Unit:        "short", form: number, width: sixth,
			Queries: []Query{query("blocked", `sum(vectara_job_operator_jobs_blocked{SCOPE})`)},
		},
		{
			Title:       "Open circuit breakers",
			Description: "Sets of credentials whose circuit breaker is open: Vectara refuses them (401), limits their rate (429), or is unavailable. Good: 0.",
			Unit:        "short", form: number, width: sixth,
			Queries: []Query{query("open", `sum(vectara_job_operator_sessions{breaker!="closed", SCOPE})`)},
		},
		{
			Title:       "Most overdue poll",
			Description: "How late the most overdue poll is. Good: some seconds. An alert comes at 5 minutes.",
			Unit:        "s", form: number, width: sixth,
			Queries: []Query{query("overdue", `max(vectara_job_operator_oldest_overdue_poll_seconds{SCOPE})`)},
		},
		{
			Title:       "Leaders",
			Description: "Replicas that are at work. Good: one for each lease.",
			Unit:        "short", form: number, width: sixth,
			Queries: []Query{query("leaders", `sum(leader_election_master_status{SCOPE})`)},
		},
	}}
}

func discovery() Row {
	return Row{Title: "Discovery", Panels: []Panel{
		{
			Title:       "Discoveries by readiness",
			Description: "VectaraJobDiscovery objects by the status of their condition Ready. Those that are not True find nothing.",
			Unit:        "short", form: areas, width: half,
			Queries: []Query{query("Ready is {{ready}}", `sum by (ready) (vectara_job_operator_discoveries{SCOPE})`)},
		},
		{
			Title:       "VectaraJobs created by discoveries",
			Description: "How many VectaraJobs discoveries create a second.",
			Unit:        "cps", width: half,
			Queries: []Query{query("created", `sum(rate(vectara_job_operator_discovered_jobs_total{SCOPE}[$__rate_interval]))`)},
		},
	}}
}
