// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

func vectaraScenarios() map[string]map[string]scenario {
	return map[string]map[string]scenario{
		"VectaraCredentialsRefused": {
			"fires when one of two sessions is refused": {
				series: `
					vectara_job_operator_sessions{breaker="closed"} 1x240
					vectara_job_operator_sessions{breaker="refused"} 1x240
					vectara_job_operator_sessions{breaker="paused"} 0x240`,
				fires: 5 * time.Minute,
				with:  map[string]string{"severity": "warning"},
			},
			"keeps clusters apart": {
				series: `
					vectara_job_operator_sessions{cluster="good", breaker="refused"} 0x240
					vectara_job_operator_sessions{cluster="bad", breaker="refused"} 2x240`,
				fires: 5 * time.Minute,
				with:  map[string]string{"cluster": "bad"},
			},
			"stays quiet when a key is replaced in time": {
				series: `vectara_job_operator_sessions{breaker="refused"} 1x9 0x240`,
				fires:  never,
			},
			"stays quiet while a session is paused": {
				series: `vectara_job_operator_sessions{breaker="paused"} 1x240`,
				fires:  never,
			},
		},
		"VectaraAPIUnavailable": {
			"fires when no call gets a response": {
				series: `vectara_job_operator_api_requests_total{operation="get_job", code="none"} 0+5x240`,
				fires:  5*time.Minute + step,
				with:   map[string]string{"severity": "critical"},
			},
			"fires when each call ends in a server error of some kind": {
				series: `
					vectara_job_operator_api_requests_total{operation="get_job", code="503"} 0+5x240
					vectara_job_operator_api_requests_total{operation="list_jobs", code="500"} 0+5x240`,
				fires: 5*time.Minute + step,
			},
			"stays quiet when every tenth call gets a response": {
				series: `
					vectara_job_operator_api_requests_total{operation="get_job", code="none"} 0+9x240
					vectara_job_operator_api_requests_total{operation="get_job", code="200"} 0+1x240`,
				fires: never,
			},
			"stays quiet when credentials are refused": {
				series: `vectara_job_operator_api_requests_total{operation="get_job", code="401"} 0+9x240`,
				fires:  never,
			},
			"stays quiet when nothing is requested": {
				series: `vectara_job_operator_api_requests_total{operation="get_job", code="none"} 9x240`,
				fires:  never,
			},
		},
		"VectaraAPIErrors": {
			"fires when every fifth call fails": {
				series: `
					vectara_job_operator_api_requests_total{operation="get_job", code="200"} 0+8x240
					vectara_job_operator_api_requests_total{operation="get_job", code="502"} 0+1x240
					vectara_job_operator_api_requests_total{operation="get_job", code="none"} 0+1x240`,
				fires: 15*time.Minute + step,
				with:  map[string]string{"severity": "warning"},
			},
			"stays quiet when every tenth call fails": {
				series: `
					vectara_job_operator_api_requests_total{operation="get_job", code="200"} 0+9x240
					vectara_job_operator_api_requests_total{operation="get_job", code="502"} 0+1x240`,
				fires: never,
			},
			"stays quiet when jobs are not found": {
				series: `
					vectara_job_operator_api_requests_total{operation="get_job", code="200"} 0+1x240
					vectara_job_operator_api_requests_total{operation="get_job", code="404"} 0+9x240`,
				fires: never,
			},
			"stays quiet after a short outage": {
				series: `
					vectara_job_operator_api_requests_total{operation="get_job", code="200"} 0+9x240
					vectara_job_operator_api_requests_total{operation="get_job", code="none"} 0+9x9 81x240`,
				fires: never,
			},
		},
		"VectaraRateLimited": {
			"fires when every tenth call is turned away": {
				series: `
					vectara_job_operator_api_requests_total{operation="get_job", code="200"} 0+9x240
					vectara_job_operator_api_requests_total{operation="get_job", code="429"} 0+1x240`,
				fires: 15*time.Minute + step,
				with:  map[string]string{"severity": "warning"},
			},
			"stays quiet when one in fifty is": {
				series: `
					vectara_job_operator_api_requests_total{operation="get_job", code="200"} 0+49x240
					vectara_job_operator_api_requests_total{operation="get_job", code="429"} 0+1x240`,
				fires: never,
			},
		},
	}
}
