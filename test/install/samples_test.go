// SPDX-License-Identifier: Apache-2.0

package install

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestSamplesLeaveSecretsAlone applies config/samples in each way in which people apply a folder, where the Secrets that the samples use
// have real credentials.
func TestSamplesLeaveSecretsAlone(t *testing.T) {
	s := newScene(t)
	s.mustMake("install")
	s.awaitCRDs()
	s.kubectl("create", "secret", "generic", "vectara-oauth-client", "-n", jobs,
		"--type=jobs.vectara.io/credentials", "--from-literal=client-id=real", "--from-literal=client-secret=real")
	secrets := func() string {
		return s.kubectl("get", "secrets", "-n", jobs, "--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.resourceVersion} {.data}{\"\\n\"}{end}")
	}
	before := secrets()
	if !strings.Contains(before, base64.StdEncoding.EncodeToString([]byte(apiKey))) {
		t.Fatalf("The key is not there: %s", before)
	}
	s.kubectl("apply", "-n", jobs, "-k", "config/samples")
	s.kubectl("apply", "-n", jobs, "-k", "config/samples", "--server-side", "--force-conflicts")
	// This one takes the kustomization itself for an object, which is none.
	if out, err := s.Kubectl(s.ctx, "apply", "-n", jobs, "-R", "-f", "config/samples"); err == nil || !strings.Contains(out, "vectarajob.jobs.vectara.io/minimal") {
		t.Errorf("kubectl apply -R -f ends with %v:\n%s", err, out)
	}
	if after := secrets(); after != before {
		t.Errorf("The Secrets are\n%s\nand were\n%s", after, before)
	}
	for _, kind := range []string{"vectarajobs", "vectarajobdiscoveries"} {
		if s.kubectl("get", kind, "-n", jobs, "--output=name") == "" {
			t.Errorf("The samples have no %s", kind)
		}
	}
}
