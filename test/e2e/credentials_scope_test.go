// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// TestSecretOfAnotherNamespaceIsNotUsed has a manager that sees two namespaces, of which one has the credentials.
func TestSecretOfAnotherNamespaceIsNotUsed(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	other := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	s.must(admin.Create(s.ctx, other))
	s.secret("theirs", map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.flags = append(s.flags, "--watch-namespaces="+s.namespace+","+other.Name)
	s.startManager()
	s.job("job_a", "completed")
	usesTheirs := func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = "theirs" }
	s.create("theirs", "job_a", usesTheirs)
	s.awaitReason("theirs", v1alpha1.ConditionReady, v1alpha1.ReasonJobCompleted) // The manager knows the Secret.

	owner := s.namespace
	s.namespace = other.Name
	s.create("mine", "job_a", usesTheirs)
	s.awaitReason("mine", v1alpha1.ConditionStalled, v1alpha1.ReasonCredentialsNotFound)
	for _, name := range []string{owner + "/theirs", "../" + owner + "/theirs"} {
		if err := admin.Create(s.ctx, s.object("path", "job_a", func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = name })); err == nil {
			t.Errorf("a reference to %s was admitted", name)
		}
	}
}

// TestNobodyButTheAdministratorNamesAHost tries what a tenant can write to have credentials sent elsewhere.
func TestNobodyButTheAdministratorNamesAHost(t *testing.T) {
	s := newScene(t)
	thief, err := simulator.Start(simulator.Options{})
	s.must(err)
	t.Cleanup(thief.Close)
	s.job("job_a", "completed")
	hosts := map[string]string{}
	for _, key := range []string{"endpoint", "token-url", "url", "host", "proxy", "https-proxy", "ca-file"} {
		hosts[key] = thief.URL()
	}
	data := map[string]string{v1alpha1.APIKeyKey: apiKey}
	for key, value := range hosts {
		data[key] = value
	}
	s.secret("redirecting", data)
	s.create("a", "job_a", func(object *v1alpha1.VectaraJob) {
		object.Spec.SecretRef.Name = "redirecting"
		object.Annotations = map[string]string{}
		for key, value := range hosts {
			object.Annotations[v1alpha1.GroupName+"/"+key] = value
		}
	})
	s.awaitReason("a", v1alpha1.ConditionReady, v1alpha1.ReasonJobCompleted)
	for key, value := range hosts {
		manifest := "{apiVersion: jobs.vectara.io/v1alpha1, kind: VectaraJob, metadata: {name: b}, spec: {jobID: job_b, " + key + ": '" + value + "'}}"
		command := cluster.KubectlCommand(s.ctx, "create", "-n", s.namespace, "--dry-run=server", "--validate=strict", "-f", "-")
		command.Stdin = strings.NewReader(manifest)
		if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), "unknown field") {
			t.Errorf("spec.%s was not refused as unknown: %v\n%s", key, err, out)
		}
	}
	if got := len(thief.Requests()); got != 0 {
		t.Errorf("%d requests went to a host that a tenant named", got)
	}
}
