// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"time"
)

// unfinished is so many jobs in a state, all the time.
func unfinished(state string, n int) string {
	return fmt.Sprintf("vectara_job_operator_jobs{state=%q} %dx240\n", state, n)
}

func blocked(reason string, n int) string {
	return fmt.Sprintf("vectara_job_operator_jobs_blocked{reason=%q} %dx240\n", reason, n)
}

func suspended(n int) string { return fmt.Sprintf("vectara_job_operator_jobs_suspended %dx240\n", n) }

// responses is the number of calls that Vectara responded to.
func responses(operation, values string) string {
	return fmt.Sprintf("vectara_job_operator_api_requests_total{operation=%q, code=\"200\"} %s\n", operation, values)
}

func outcomeScenarios() map[string]map[string]scenario {
	const rebuild, bulk = "rebuild_vector_index", "bulk_delete_documents"
	return map[string]map[string]scenario{
		"VectaraJobFailed": {
			"fires when a job fails, and names its type": {
				series: ended(rebuild, "failed", "0x240") + ended(bulk, "failed", "0x20 1x220"),
				fires:  10*time.Minute + step,
				with:   map[string]string{"severity": "info", "type": bulk},
			},
			"stays quiet about failures that were there before": {
				series: ended(rebuild, "failed", "_x20 7x220"),
				fires:  never,
			},
			"stays quiet when the operator restarts": {
				series: ended(rebuild, "failed", "4x100 0x140"),
				fires:  never,
			},
			"stays quiet when jobs complete or are aborted": {
				series: ended(rebuild, "completed", "0+1x240") + ended(rebuild, "aborted", "0+1x240") + ended(rebuild, "failed", "0x240"),
				fires:  never,
			},
		},
		"VectaraJobsFailing": {
			"fires for the type of which every third job fails": {
				// Six failures an hour, of eighteen jobs.
				series: ended(rebuild, "failed", "0+0.05x240") + ended(rebuild, "completed", "0+0.1x240") +
					ended(bulk, "failed", "0x240") + ended(bulk, "completed", "0+1x240"),
				fires: 35*time.Minute + step,
				with:  map[string]string{"severity": "warning", "type": rebuild},
			},
			"stays quiet when every fourth job fails": {
				series: ended(rebuild, "failed", "0+1x240") + ended(rebuild, "completed", "0+3x240"),
				fires:  never,
			},
			"stays quiet when one of two jobs fails": {
				series: ended(rebuild, "failed", "0x20 1x240") + ended(rebuild, "completed", "0x20 1x240"),
				fires:  never,
			},
			"does not count jobs that were aborted": {
				series: ended(rebuild, "aborted", "0+9x240") + ended(rebuild, "completed", "0+1x240") + ended(rebuild, "failed", "0x240"),
				fires:  never,
			},
		},
	}
}

// ended is the number of jobs of a type that had an outcome.
func ended(jobType, outcome, values string) string {
	return fmt.Sprintf("vectara_job_operator_jobs_ended_total{type=%q, outcome=%q} %s\n", jobType, outcome, values)
}
