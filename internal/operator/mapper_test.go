// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// TestWatchedKindsAreKnownWithoutTheAPIServer asks for the resources of kinds while nothing responds.
func TestWatchedKindsAreKnownWithoutTheAPIServer(t *testing.T) {
	mapper, err := newMapper(&rest.Config{Host: "http://127.0.0.1:1"}, &http.Client{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{
		"VectaraJob": "vectarajobs", "VectaraJobList": "vectarajobs",
		"VectaraJobDiscovery": "vectarajobdiscoveries", "VectaraJobDiscoveryList": "vectarajobdiscoveries",
		"Secret": "secrets", "SecretList": "secrets",
	} {
		version := v1alpha1.GroupVersion.WithKind(kind)
		if strings.HasPrefix(kind, "Secret") {
			version = corev1.SchemeGroupVersion.WithKind(kind)
		}
		mapping, err := mapper.RESTMapping(version.GroupKind(), version.Version)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if mapping.Resource.Resource != want {
			t.Errorf("the resource of %s is %s, want %s", kind, mapping.Resource.Resource, want)
		}
	}
	if kind, err := mapper.KindFor(v1alpha1.GroupVersion.WithResource("vectarajobs")); err != nil || kind.Kind != "VectaraJob" {
		t.Errorf("vectarajobs are said to hold %s (%v), want VectaraJob", kind.Kind, err)
	}
	if _, err := mapper.RESTMapping(corev1.SchemeGroupVersion.WithKind("Pod").GroupKind(), "v1"); err == nil {
		t.Error("Pods are mapped: this asks no API server, and shows nothing")
	}
}
