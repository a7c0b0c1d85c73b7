// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"maps"
	"time"
)

func allScenarios() map[string]map[string]scenario {
	all := map[string]map[string]scenario{}
	maps.Copy(all, operatorScenarios())
	maps.Copy(all, vectaraScenarios())
	maps.Copy(all, jobScenarios())
	maps.Copy(all, outcomeScenarios())
	return all
}

func operatorScenarios() map[string]map[string]scenario {
	return map[string]map[string]scenario{
		"VectaraJobOperatorDown": {
			"fires when there is no target": {
				series: `up{job="something-else"} 1x240`,
				fires:  5 * time.Minute,
				with:   map[string]string{"severity": "critical"},
			},
			"fires when no target responds": {
				series: `
					up{job="vectara-job-operator", instance="a"} 0x240
					up{job="vectara-job-operator", instance="b"} 0x240`,
				fires: 5 * time.Minute,
			},
			"fires when the target goes away": {
				series: `up{job="vectara-job-operator", instance="a"} 1x20 stale`,
				fires:  15*time.Minute + 30*time.Second,
			},
			"stays quiet while one of two responds": {
				series: `
					up{job="vectara-job-operator", instance="a"} 0x240
					up{job="vectara-job-operator", instance="b"} 1x240`,
				fires: never,
			},
			"stays quiet during a short restart": {
				series: `up{job="vectara-job-operator", instance="a"} 1x10 0x8 1x240`,
				fires:  never,
			},
		},
		"VectaraJobOperatorReplicaDown": {
			"fires for the replica that does not respond": {
				series: `
					up{job="vectara-job-operator", instance="a"} 1x240
					up{job="vectara-job-operator", instance="b"} 0x240`,
				fires: 15 * time.Minute,
				with:  map[string]string{"severity": "warning", "instance": "b"},
			},
			"stays quiet when a replica is back in time": {
				series: `up{job="vectara-job-operator", instance="a"} 0x28 1x240`,
				fires:  never,
			},
		},
		"VectaraJobOperatorNoLeader": {
			"fires when two replicas stand by and none leads": {
				series: `
					leader_election_master_status{job="vectara-job-operator", instance="a", name="lease"} 0x240
					leader_election_master_status{job="vectara-job-operator", instance="b", name="lease"} 0x240`,
				fires: 5 * time.Minute,
				with:  map[string]string{"severity": "critical", "name": "lease"},
			},
			"fires for the shard without a leader": {
				series: `
					leader_election_master_status{job="vectara-job-operator", instance="a", name="shard-a"} 1x240
					leader_election_master_status{job="vectara-job-operator", instance="b", name="shard-b"} 0x240`,
				fires: 5 * time.Minute,
				with:  map[string]string{"name": "shard-b"},
			},
			"stays quiet while one leads": {
				series: `
					leader_election_master_status{job="vectara-job-operator", instance="a", name="lease"} 0x240
					leader_election_master_status{job="vectara-job-operator", instance="b", name="lease"} 1x240`,
				fires: never,
			},
			"stays quiet for others' leases": {
				series: `leader_election_master_status{job="something-else", name="lease"} 0x240`,
				fires:  never,
			},
		},
		"VectaraJobOperatorReconcileErrors": {
			"fires when every fifth reconcile fails": {
				series: `
					controller_runtime_reconcile_total{job="vectara-job-operator", controller="vectarajob", result="success"} 0+8x240
					controller_runtime_reconcile_total{job="vectara-job-operator", controller="vectarajob", result="error"} 0+2x240
					controller_runtime_reconcile_errors_total{job="vectara-job-operator", controller="vectarajob"} 0+2x240`,
				fires: 15*time.Minute + step,
				with:  map[string]string{"severity": "warning", "controller": "vectarajob"},
			},
			"stays quiet when every twentieth fails": {
				series: `
					controller_runtime_reconcile_total{job="vectara-job-operator", controller="vectarajob", result="success"} 0+19x240
					controller_runtime_reconcile_total{job="vectara-job-operator", controller="vectarajob", result="error"} 0+1x240
					controller_runtime_reconcile_errors_total{job="vectara-job-operator", controller="vectarajob"} 0+1x240`,
				fires: never,
			},
			"stays quiet when nothing is reconciled": {
				series: `
					controller_runtime_reconcile_total{job="vectara-job-operator", controller="vectarajob", result="error"} 7x240
					controller_runtime_reconcile_errors_total{job="vectara-job-operator", controller="vectarajob"} 7x240`,
				fires: never,
			},
		},
		"VectaraJobOperatorCannotWriteStatus": {
			"fires within about a minute": {
				series: `
					vectara_job_operator_oldest_unwritten_object_seconds{job="vectara-job-operator", instance="a"} 0+30x240
					vectara_job_operator_oldest_unwritten_object_seconds{job="vectara-job-operator", instance="b"} 0x240`,
				fires: time.Minute,
				with:  map[string]string{"severity": "warning"},
			},
			"stays quiet when a write succeeds at the second attempt": {
				series: `vectara_job_operator_oldest_unwritten_object_seconds{job="vectara-job-operator", instance="a"} 0 30 0x240`,
				fires:  never,
			},
		},
		"VectaraJobOperatorCannotWatch": {
			"fires within about a minute for the resource": {
				series: `
					vectara_job_operator_watch_failing_seconds{job="vectara-job-operator", instance="a", resource="secrets"} 0+30x240
					vectara_job_operator_watch_failing_seconds{job="vectara-job-operator", instance="a", resource="vectarajobs"} 0x240`,
				fires: time.Minute,
				with:  map[string]string{"severity": "warning", "resource": "secrets"},
			},
			"stays quiet when the API server restarts": {
				series: `vectara_job_operator_watch_failing_seconds{job="vectara-job-operator", instance="a", resource="secrets"} 0 25 0x240`,
				fires:  never,
			},
		},
	}
}
