// SPDX-License-Identifier: Apache-2.0

package live

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// expectMonitorFits checks that the ServiceMonitor selects the Service that config/default makes, by a port that it has,
// and gives its series the job that the alerts go by.
func (s *stage) expectMonitorFits() {
	s.t.Helper()
	rendered, err := s.Kubectl(s.t.Context(), "kustomize", "config/default")
	s.must(err)
	var service corev1.Service
	s.find(rendered, "Service", &service)
	rendered, err = s.Kubectl(s.t.Context(), "kustomize", "config/prometheus")
	s.must(err)
	var monitor monitoringv1.ServiceMonitor
	s.find(rendered, "ServiceMonitor", &monitor)

	selector, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
	s.must(err)
	if !selector.Matches(labels.Set(service.Labels)) || monitor.Namespace != service.Namespace {
		s.t.Errorf("the ServiceMonitor selects %s in %s, and the Service has %v in %s", selector, monitor.Namespace, service.Labels, service.Namespace)
	}
	port := endpointOf(s.t).Port
	if !slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == port }) {
		s.t.Errorf("the Service has no port %q", port)
	}
	if got := service.Labels[monitor.Spec.JobLabel]; got != jobName {
		s.t.Errorf("series get the job %q, want %q", got, jobName)
	}
}
