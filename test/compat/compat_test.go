// SPDX-License-Identifier: Apache-2.0

package compat

import (
	"strings"
	"testing"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

const objects = `
apiVersion: v1
kind: Secret
metadata: {name: vectara-credentials, namespace: search}
type: jobs.vectara.io/credentials
stringData: {api-key: a-key-for-tests}
---
apiVersion: jobs.vectara.io/v1alpha1
kind: VectaraJob
metadata: {name: reindex, namespace: search}
spec: {jobID: job_reindex}
---
apiVersion: jobs.vectara.io/v1alpha1
kind: VectaraJob
metadata: {name: temporary, namespace: search}
spec: {jobID: job_temporary, ttlSecondsAfterFinished: 1}
---
apiVersion: jobs.vectara.io/v1alpha1
kind: VectaraJobDiscovery
metadata: {name: found, namespace: search}
spec: {corpusKeys: [legal], interval: 10s}
`

// TestKubernetes runs the operator on each version: all that is shipped is installed, a job is mirrored to its end, a discovery
// finds one, and what must be refused is.
func TestKubernetes(t *testing.T) {
	for _, version := range versions(t) {
		t.Run(version, func(t *testing.T) {
			c := start(t, version)
			if got := c.serverVersion(); !strings.HasPrefix(got, version+".") {
				t.Fatalf("the API server says that it is %s, want %s", got, version)
			}
			c.must(c.cluster.Install(c.ctx))
			c.must(c.cluster.StartControllerManager())
			c.kubectl("", "apply", "--server-side", "-k", "config/policy")
			c.kubectl("", "create", "namespace", "search")
			manager := c.manager()
			c.must(manager.AwaitReady(c.ctx))

			c.vectara.AddJob(simulator.Job{ID: "job_reindex", Steps: []simulator.Step{{State: "queued"}}})
			c.vectara.AddJob(simulator.Job{ID: "job_found", CorpusKeys: []string{"legal"}, Steps: []simulator.Step{{State: "started"}}})
			c.vectara.AddJob(simulator.Job{ID: "job_temporary", Steps: []simulator.Step{{State: "completed"}}})
			c.kubectl(objects, "apply", "-f", "-")
			c.await("vectarajob/reindex", `{.status.state}`, "queued")
			c.vectara.SetState("job_reindex", "started", "")
			c.await("vectarajob/reindex", `{.status.state}`, "started")
			c.vectara.SetState("job_reindex", "completed", "")
			c.kubectl("", "wait", "-n", "search", "--for=condition=Ready", "--timeout=60s", "vectarajob/reindex")
			c.kubectl("", "wait", "-n", "search", "--for=delete", "--timeout=60s", "vectarajob/temporary")
			c.kubectl("", "wait", "-n", "search", "--for=condition=Ready", "--timeout=60s", "vectarajobdiscovery/found")

			// Fields that can be selected by, which an older API server drops from a CRD without a word.
			for selector, want := range map[string]string{
				"spec.jobID=job_reindex":                  "reindex",
				"status.state=completed":                  "reindex",
				"spec.secretRef.name=vectara-credentials": "found-",
			} {
				if got := c.kubectl("", "get", "vectarajobs", "-n", "search", "--field-selector="+selector, "-o", "name"); !strings.Contains(got, want) {
					t.Errorf("the field selector %s finds %q, want %s", selector, got, want)
				}
			}
			c.refusals()
			c.kubectl("", "delete", "namespace", "search", "--timeout=60s")
			if strings.Contains(manager.Output(), `"level":"error"`) {
				t.Errorf("the manager has errors in its log:\n%s", manager.Output())
			}
		})
	}
}

// refusals tries what the CRDs and the limits for tenants must refuse.
func (c *compat) refusals() {
	c.t.Helper()
	for _, test := range []struct{ manifest, want string }{
		{`{"apiVersion": "jobs.vectara.io/v1alpha1", "kind": "VectaraJob", "metadata": {"name": "reindex", "namespace": "search"},
			"spec": {"jobID": "job_other"}}`, "jobID"},
		{`{"apiVersion": "jobs.vectara.io/v1alpha1", "kind": "VectaraJobDiscovery", "metadata": {"name": "labels", "namespace": "search"},
			"spec": {"template": {"metadata": {"labels": {"a b": "c"}}}}}`, "each key must be the key of a label"},
		{`{"apiVersion": "jobs.vectara.io/v1alpha1", "kind": "VectaraJob", "metadata": {"name": "eager", "namespace": "search"},
			"spec": {"jobID": "job_other", "pollInterval": "1s"}}`, "must be at least 5s in this cluster"},
		{`{"apiVersion": "jobs.vectara.io/v1alpha1", "kind": "VectaraJobDiscovery", "metadata": {"name": "elsewhere", "namespace": "default"},
			"spec": {}}`, "may have no VectaraJobDiscovery in this cluster"},
	} {
		out, err := c.run(test.manifest, "apply", "-f", "-")
		if err == nil || !strings.Contains(out, test.want) {
			c.t.Errorf("applying %s: %v, want %q in\n%s", test.manifest, err, test.want, out)
		}
	}
}

// tooOld is the version before the least one.
const tooOld = "v1.31"

// TestOlderKubernetesIsRefused runs the version before the least one: it refuses the CRDs, and the manager says why it does not start.
func TestOlderKubernetesIsRefused(t *testing.T) {
	c := start(t, tooOld)
	if out, err := c.run("", "apply", "--server-side", "-k", "config/crd"); err == nil || !strings.Contains(out, "undeclared reference to 'format'") {
		t.Errorf("installing the CRDs: %v, want a complaint about 'format' in\n%s", err, out)
	}
	c.kubectl("", "create", "namespace", harness.OperatorNamespace)
	c.kubectl("", "create", "serviceaccount", "-n", harness.OperatorNamespace, harness.ServiceAccount)
	manager := c.manager()
	select {
	case <-manager.Done():
	case <-c.ctx.Done():
		t.Fatalf("the manager goes on:\n%s", manager.Output())
	}
	if err := manager.Err(); err == nil {
		t.Error("the manager ended as if all were well")
	}
	if want := "the API server is Kubernetes v1.31.14: expected 1.32 or later"; !strings.Contains(manager.Output(), want) {
		t.Errorf("the manager does not say %q:\n%s", want, manager.Output())
	}
}
