// SPDX-License-Identifier: Apache-2.0

package dashboard

func vectara() Row {
	return Row{Title: "The Vectara API", Panels: []Panel{
		{
			Title:       "Calls by operation and status",
			Description: "Calls that were answered, by operation and HTTP status, and those that got no answer (none).",
			Unit:        "reqps", form: areas, width: half,
			Queries: []Query{
				query("{{operation}} {{code}}", `sum by (operation, code) (rate(vectara_job_operator_api_requests_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Calls that failed",
			Description: "The part of the calls that got no answer or a server error, and the part that was turned away because of the rate (429). Alerts come at 10 % and 5 %.",
			Unit:        "percentunit", width: half,
			Queries: []Query{
				query("no answer or server error",
					`(sum(rate(vectara_job_operator_api_requests_total{code=~"none|408|409|425|5..", SCOPE}[$__rate_interval])) or vector(0))`,
					`/ sum(rate(vectara_job_operator_api_requests_total{SCOPE}[$__rate_interval]))`),
				query("429",
					`(sum(rate(vectara_job_operator_api_requests_total{code="429", SCOPE}[$__rate_interval])) or vector(0))`,
					`/ sum(rate(vectara_job_operator_api_requests_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Duration of calls",
			Description: "How long calls take, by operation.",
			Unit:        "s", width: half,
			Queries: quantiles("vectara_job_operator_api_request_duration_seconds", "operation"),
		},
		{
			Title:       "Wait for the request budget",
			Description: "How long calls that were due waited for the budget of their credentials (--requests-per-second). If this grows, there are more jobs than the budget is for.",
			Unit:        "s", width: half,
			Queries: quantiles("vectara_job_operator_budget_wait_seconds"),
		},
		{
			Title:       "Sessions by gate",
			Description: "Sets of credentials in use. Refused: Vectara answers 401. Paused: it answered 429 and nothing is asked for a while.",
			Unit:        "short", form: areas, width: half,
			Queries: []Query{query("{{gate}}", `sum by (gate) (vectara_job_operator_sessions{SCOPE})`)},
		},
		{
			Title:       "Staleness",
			Description: "For how long the job that has waited longest should have been asked about. Refused credentials do not count.",
			Unit:        "s", width: half,
			Queries: []Query{query("overdue", `max(vectara_job_operator_oldest_overdue_poll_seconds{SCOPE})`)},
		},
	}}
}

func sweeps() Row {
	return Row{Title: "Sweeps: one list for many jobs", Panels: []Panel{
		{
			Title:       "Sweeps by purpose and outcome",
			Description: "How many sweeps end a second. Interrupted, unprofitable and unreliable ones were given up, and jobs are asked for one by one for a while. docs/metrics.md explains each outcome.",
			Unit:        "cps", width: third,
			Queries: []Query{
				query("{{purpose}} {{outcome}}", `sum by (purpose, outcome) (rate(vectara_job_operator_sweeps_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Pages by purpose",
			Description: "How many pages of lists come a second. Each costs one call.",
			Unit:        "cps", width: third,
			Queries: []Query{
				query("{{purpose}}", `sum by (purpose) (rate(vectara_job_operator_sweep_pages_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Jobs on a page",
			Description: "How many jobs a page brings. A full page has 100.",
			Unit:        "short", width: third,
			Queries: quantiles("vectara_job_operator_sweep_page_jobs"),
		},
	}}
}
