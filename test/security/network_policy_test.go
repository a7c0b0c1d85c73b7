// SPDX-License-Identifier: Apache-2.0

package security

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// TestNetworkPolicies applies config/network-policy and holds what it lets the shipped pods do. No network enforces it here: it is
// read as its documentation says.
func TestNetworkPolicies(t *testing.T) {
	apply(t, "config/network-policy")
	pod := deployment(t, "config/default").Spec.Template
	for _, port := range pod.Spec.Containers[0].Ports {
		if !slices.Contains([]int32{8443, 8081}, port.ContainerPort) {
			t.Errorf("the manager listens on %d, which no case here is about", port.ContainerPort)
		}
	}
	scraper, other := labels.Set{"metrics": "enabled"}, labels.Set{}
	tests := map[string]struct {
		direction networkingv1.PolicyType
		peer      labels.Set // of the namespace at the other end
		protocol  corev1.Protocol
		port      int
		want      bool
	}{
		"names are resolved":                         {networkingv1.PolicyTypeEgress, other, corev1.ProtocolUDP, 53, true},
		"long answers of DNS come over TCP":          {networkingv1.PolicyTypeEgress, other, corev1.ProtocolTCP, 53, true},
		"Vectara and the API server's Service":       {networkingv1.PolicyTypeEgress, other, corev1.ProtocolTCP, 443, true},
		"the API server itself":                      {networkingv1.PolicyTypeEgress, other, corev1.ProtocolTCP, 6443, true},
		"no plain HTTP":                              {networkingv1.PolicyTypeEgress, other, corev1.ProtocolTCP, 80, false},
		"no QUIC":                                    {networkingv1.PolicyTypeEgress, other, corev1.ProtocolUDP, 443, false},
		"not etcd":                                   {networkingv1.PolicyTypeEgress, other, corev1.ProtocolTCP, 2379, false},
		"not a kubelet":                              {networkingv1.PolicyTypeEgress, other, corev1.ProtocolTCP, 10250, false},
		"metrics for scrapers":                       {networkingv1.PolicyTypeIngress, scraper, corev1.ProtocolTCP, 8443, true},
		"no metrics for others":                      {networkingv1.PolicyTypeIngress, other, corev1.ProtocolTCP, 8443, false},
		"probes from everywhere":                     {networkingv1.PolicyTypeIngress, other, corev1.ProtocolTCP, 8081, true},
		"no profiles, not even for scrapers (pprof)": {networkingv1.PolicyTypeIngress, scraper, corev1.ProtocolTCP, 6060, false},
	}
	policies := objects[networkingv1.NetworkPolicy](t, "config/network-policy", "NetworkPolicy")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := allowed(t, policies, pod.Labels, tt.direction, tt.peer, tt.protocol, tt.port)
			if got != tt.want {
				t.Errorf("allowed: %t, want %t", got, tt.want)
			}
		})
	}
}

// allowed reports whether a pod of the operator may be connected: if no policy of that direction selects it, or one has a rule.
func allowed(t *testing.T, policies []networkingv1.NetworkPolicy, pod labels.Set, direction networkingv1.PolicyType, peer labels.Set,
	protocol corev1.Protocol, port int) bool {
	t.Helper()
	isolated := false
	for _, policy := range policies {
		if policy.Namespace != harness.OperatorNamespace || !slices.Contains(policy.Spec.PolicyTypes, direction) ||
			!selects(t, &policy.Spec.PodSelector, pod) {
			continue
		}
		isolated = true
		if direction == networkingv1.PolicyTypeEgress {
			for _, rule := range policy.Spec.Egress {
				if hasPeer(t, rule.To, peer) && hasPort(rule.Ports, protocol, port) {
					return true
				}
			}
			continue
		}
		for _, rule := range policy.Spec.Ingress {
			if hasPeer(t, rule.From, peer) && hasPort(rule.Ports, protocol, port) {
				return true
			}
		}
	}
	return !isolated
}

func hasPeer(t *testing.T, peers []networkingv1.NetworkPolicyPeer, namespace labels.Set) bool {
	t.Helper()
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		return peer.NamespaceSelector != nil && peer.PodSelector == nil && selects(t, peer.NamespaceSelector, namespace)
	})
}

func hasPort(ports []networkingv1.NetworkPolicyPort, protocol corev1.Protocol, port int) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		return ptr.Deref(p.Protocol, corev1.ProtocolTCP) == protocol && (p.Port == nil || *p.Port == intstr.FromInt(port))
	})
}

func selects(t *testing.T, selector *metav1.LabelSelector, set labels.Set) bool {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(selector)
	must(t, err)
	return s.Matches(set)
}
