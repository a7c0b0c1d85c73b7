// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

func jobScenarios() map[string]map[string]scenario {
	return map[string]map[string]scenario{
		"VectaraJobsNotPolled": {
			"fires when jobs are active and no call was ever made": {
				series: unfinished("started", 3) + blocked("JobNotFound", 0) + suspended(0) + responses("get_job", "0x240"),
				fires:  15 * time.Minute,
				with:   map[string]string{"severity": "critical"},
			},
			"fires when calls cease": {
				series: unfinished("queued", 1) + blocked("JobNotFound", 0) + suspended(0) + responses("list_jobs", "0+1x60 60x180"),
				// The last call comes after 30 minutes, and is in sight for just under 15 more.
				fires: 60*time.Minute - step,
			},
			"fires when nothing but tokens is requested": {
				series: unfinished("unseen", 1) + blocked("JobNotFound", 0) + suspended(0) + responses("token", "0+1x240"),
				fires:  15 * time.Minute,
			},
			"fires when jobs wait for an API that is not polled any more": {
				series: unfinished("unseen", 2) + blocked("APIUnavailable", 2) + blocked("JobNotFound", 0) + suspended(0),
				fires:  15 * time.Minute,
			},
			"stays quiet when the only job has an interval of 25 minutes": {
				series: unfinished("started", 1) + blocked("JobNotFound", 0) + suspended(0) +
					responses("get_job", "0 1x49 2x49 3x49 4x49 5x49"),
				fires: never,
			},
			"stays quiet when all jobs have ended": {
				series: unfinished("started", 0) + blocked("JobNotFound", 0) + suspended(0) + `
					vectara_job_operator_jobs{state="completed"} 5x240
					vectara_job_operator_jobs{state="failed"} 1x240`,
				fires: never,
			},
			"stays quiet when the only job is suspended": {
				series: unfinished("started", 1) + blocked("JobNotFound", 0) + suspended(1),
				fires:  never,
			},
			"stays quiet when no job has credentials": {
				series: unfinished("unseen", 2) + blocked("CredentialsNotFound", 2) + suspended(0),
				fires:  never,
			},
		},
		"VectaraJobsStale": {
			"fires when a poll is overdue for more than 5 minutes": {
				series: `vectara_job_operator_oldest_overdue_poll_seconds 301x240`,
				fires:  5 * time.Minute,
				with:   map[string]string{"severity": "warning"},
			},
			"stays quiet at 5 minutes": {
				series: `vectara_job_operator_oldest_overdue_poll_seconds 300x240`,
				fires:  never,
			},
		},
		"VectaraJobsBlocked": {
			"fires when a job is not found": {
				series: `
					vectara_job_operator_jobs_blocked{reason="JobNotFound"} 1x240
					vectara_job_operator_jobs_blocked{reason="PermissionDenied"} 0x240`,
				fires: 15 * time.Minute,
				with:  map[string]string{"severity": "warning", "reason": "JobNotFound"},
			},
			"stays quiet when the job is there in time": {
				series: `vectara_job_operator_jobs_blocked{reason="JobNotFound"} 1x28 0x240`,
				fires:  never,
			},
			"leaves to other alerts what they are for": {
				series: `
					vectara_job_operator_jobs_blocked{reason="Unauthorized"} 3x240
					vectara_job_operator_jobs_blocked{reason="RateLimited"} 3x240
					vectara_job_operator_jobs_blocked{reason="APIUnavailable"} 3x240`,
				fires: never,
			},
		},
		"VectaraJobDiscoveryNotReady": {
			"fires when one of two is not ready": {
				series: `
					vectara_job_operator_discoveries{ready="True"} 1x240
					vectara_job_operator_discoveries{ready="False"} 1x240
					vectara_job_operator_discoveries{ready="Unknown"} 0x240`,
				fires: 15 * time.Minute,
				with:  map[string]string{"severity": "warning"},
			},
			"fires when it stays unknown": {
				series: `vectara_job_operator_discoveries{ready="Unknown"} 1x240`,
				fires:  15 * time.Minute,
			},
			"stays quiet when it becomes ready": {
				series: `
					vectara_job_operator_discoveries{ready="Unknown"} 1x28 0x240
					vectara_job_operator_discoveries{ready="True"} 0x28 1x240`,
				fires: never,
			},
		},
	}
}
