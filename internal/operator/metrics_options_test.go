// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"crypto/tls"
	"slices"
	"testing"
)

func TestSecureMetricsAskWhoComesAndSpeakNoHTTP2(t *testing.T) {
	options := metricsOptions(Options{MetricsBindAddress: ":8443", MetricsSecure: true, MetricsCertPath: "/certs"})
	if options.CertDir != "/certs" || options.CertName != "tls.crt" || options.KeyName != "tls.key" {
		t.Errorf("The certificate is %s and %s in %s", options.CertName, options.KeyName, options.CertDir)
	}
	if !options.SecureServing || options.FilterProvider == nil {
		t.Error("metrics are served to anybody")
	}
	config := &tls.Config{NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12} // As controller-runtime begins.
	for _, change := range options.TLSOpts {
		change(config)
	}
	if slices.Contains(config.NextProtos, "h2") {
		t.Errorf("the server offers %v", config.NextProtos)
	}
}
