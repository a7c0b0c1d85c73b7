// SPDX-License-Identifier: Apache-2.0

package dashboard

func operator() Row {
	return Row{Title: "The operator itself", Panels: []Panel{
		{
			Title:       "Reconciles by result",
			Description: "Reconciles a second. Jobs in which nothing happens cause none; an alert comes when every tenth fails.",
			Unit:        "cps", form: areas, width: third,
			Queries: []Query{
				query("{{controller}} {{result}}", `sum by (controller, result) (rate(controller_runtime_reconcile_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Duration of reconciles",
			Description: "How long reconciles take. They wait for the API server, never for Vectara.",
			Unit:        "s", width: third,
			Queries: quantiles("controller_runtime_reconcile_time_seconds", "controller"),
		},
		{
			Title:       "Work queue",
			Description: "Objects that wait for a reconcile. Stays near 0 unless many objects change at once.",
			Unit:        "short", width: third,
			Queries: []Query{query("{{name}}", `sum by (name) (workqueue_depth{SCOPE})`)},
		},
		{
			Title:       "Wait in the work queue",
			Description: "How long objects wait for a reconcile.",
			Unit:        "s", width: third,
			Queries: quantiles("workqueue_queue_duration_seconds", "name"),
		},
		{
			Title:       "Calls to the Kubernetes API",
			Description: "Calls a second, by method and HTTP status. Writes are few: one for each change of a job.",
			Unit:        "reqps", form: areas, width: third,
			Queries: []Query{
				query("{{method}} {{code}}", `sum by (method, code) (rate(rest_client_requests_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Objects that cannot be written",
			Description: "Objects that are out of date because the API server refused to write them or did not answer; an alert comes after about a minute.",
			Unit:        "short", width: third,
			Queries: []Query{query("objects", `sum(vectara_job_operator_unwritten_objects{SCOPE})`)},
		},
		{
			Title:       "Failed writes",
			Description: "Writes a second that failed, by what the API server said, and events that were lost.",
			Unit:        "cps", form: areas, width: third,
			Queries: []Query{
				query("{{reason}}", `sum by (reason) (rate(vectara_job_operator_write_failures_total{SCOPE}[$__rate_interval]))`),
				query("events lost", `sum(rate(vectara_job_operator_events_lost_total{SCOPE}[$__rate_interval]))`),
			},
		},
		{
			Title:       "Out of touch with Kubernetes",
			Description: "For how long an object could not be written, and objects could not be watched. 0 is normal.",
			Unit:        "s", width: third,
			Queries: []Query{
				query("not written", `max(vectara_job_operator_oldest_unwritten_object_seconds{SCOPE})`),
				query("{{resource}} not watched", `max by (resource) (vectara_job_operator_watch_failing_seconds{SCOPE})`),
			},
		},
		{
			Title:       "Leader",
			Description: "Which replica is at work (1), and which stand by (0).",
			Unit:        "short", width: third,
			Queries: []Query{query("{{instance}}", `max by (instance) (leader_election_master_status{SCOPE})`)},
		},
		{
			Title:       "Memory",
			Description: "What each replica takes of the machine, and what of it is live in Go's heap.",
			Unit:        "bytes", width: third,
			Queries: []Query{
				query("{{instance}} resident", `process_resident_memory_bytes{SCOPE}`),
				query("{{instance}} heap", `go_memstats_heap_alloc_bytes{SCOPE}`),
			},
		},
		{
			Title:       "CPU",
			Description: "Cores that each replica keeps busy.",
			Unit:        "short", width: third,
			Queries: []Query{query("{{instance}}", `rate(process_cpu_seconds_total{SCOPE}[$__rate_interval])`)},
		},
		{
			Title:       "Versions",
			Description: "Replicas by the version of the operator and of Go. More than one outside of an upgrade is a mistake.",
			Unit:        "short", form: areas, width: third,
			Queries: []Query{query("{{version}} {{go_version}}", `count by (version, go_version) (vectara_job_operator_build_info{SCOPE})`)},
		},
	}}
}
