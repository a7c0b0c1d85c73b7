// SPDX-License-Identifier: Apache-2.0

package dashboard

func vectara() Row {
	return Row{Title: "The Vectara API", Panels: []Panel{
		{
			Title:       "Calls by operation and status",
			Description: "Calls that got a response, by operation and HTTP status, and those that got none (none).",
			Unit:        "reqps", form: areas, width: half,
			Queries: []Query{
				query("{{operation}} {{code}}", `sum by (operation, code) (rate(vectara_job_operator_api_requests_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Calls that failed",
			Description: "The share of the calls that got no response or a server error, and the share that was rejected by the rate limit (429). Alerts come at 10 % and 5 %.",
			Unit:        "percentunit", width: half,
			Queries: []Query{
				query("no response or server error",
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
			Description: "How long calls that were due waited for the rate limiter of their credentials (--requests-per-second). If this grows, the budget does not suffice for all jobs.",
			Unit:        "s", width: half,
			Queries: quantiles("vectara_job_operator_budget_wait_seconds"),
		},
		{
			Title:       "Sessions by circuit breaker",
			Description: "Sets of credentials in use. Refused: Vectara returns 401. Paused: it returned 429, and nothing is sent for a while.",
			Unit:        "short", form: areas, width: half,
			Queries: []Query{query("{{breaker}}", `sum by (breaker) (vectara_job_operator_sessions{SCOPE})`)},
		},
		{
			Title:       "Staleness",
			Description: "How late the most overdue poll is. Refused credentials do not count.",
			Unit:        "s", width: half,
			Queries: []Query{query("overdue", `max(vectara_job_operator_oldest_overdue_poll_seconds{SCOPE})`)},
		},
	}}
}

func walks() Row {
	return Row{Title: "Walks: one list for many jobs", Panels: []Panel{
		{
			Title:       "Walks by purpose and outcome",
			Description: "How many walks end a second. After one that was cut short or failed, jobs are polled one by one for a while. docs/metrics.md explains each outcome.",
			Unit:        "cps", width: third,
			Queries: []Query{
				query("{{purpose}} {{outcome}}", `sum by (purpose, outcome) (rate(vectara_job_operator_walks_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Pages by purpose",
			Description: "How many pages of lists come a second. Each costs one call.",
			Unit:        "cps", width: third,
			Queries: []Query{
				query("{{purpose}}", `sum by (purpose) (rate(vectara_job_operator_walk_pages_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Jobs on a page",
			Description: "How many jobs a page has. A full page has 100.",
			Unit:        "short", width: third,
			Queries: quantiles("vectara_job_operator_walk_page_jobs"),
		},
	}}
}
