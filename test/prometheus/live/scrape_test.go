// SPDX-License-Identifier: Apache-2.0

package live

import (
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

// jobName is what jobLabel makes of the Service of config/default.
const jobName = "vectara-job-operator"

type object = map[string]any

// scrapeConfig is a configuration as the Prometheus Operator makes it of the shipped ServiceMonitor, but that the targets
// and the token come from the test.
func scrapeConfig(t *testing.T, token, rules string, targets []string) []byte {
	t.Helper()
	endpoint := endpointOf(t)
	config, err := yaml.Marshal(object{
		"global":     object{"scrape_interval": scrapeInterval.String(), "evaluation_interval": scrapeInterval.String()},
		"rule_files": []string{rules},
		"scrape_configs": []object{{
			"job_name":      jobName,
			"scheme":        endpoint.Scheme,
			"metrics_path":  endpoint.Path,
			"authorization": object{"type": "Bearer", "credentials": token},
			"tls_config":    object{"insecure_skip_verify": *endpoint.TLSConfig.InsecureSkipVerify},
			"static_configs": []object{{
				"targets": targets,
				"labels":  object{"namespace": harness.OperatorNamespace},
			}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func endpointOf(t *testing.T) monitoringv1.Endpoint {
	t.Helper()
	monitor := manifests.Decode[monitoringv1.ServiceMonitor](t, "service_monitor.yaml")
	if n := len(monitor.Spec.Endpoints); n != 1 {
		t.Fatalf("the ServiceMonitor has %d endpoints, want 1", n)
	}
	return monitor.Spec.Endpoints[0]
}
