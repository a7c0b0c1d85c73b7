// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/hack/internal/manifests"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestTheSimulatorKnowsTheJobsOfTheManifests(t *testing.T) {
	states := map[string]string{}
	for _, job := range simulator.DemoScenario().Jobs {
		states[job.ID] = job.Steps[len(job.Steps)-1].State
	}
	shown, err := shownJobs()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"completes": "completed",
		"fails":     "failed",
		"retries":   "completed",
		"forbidden": "started",
		"missing":   "",
	}
	for _, job := range shown {
		last, known := states[job.jobID]
		if last != want[job.name] || known == (job.name == "missing") {
			t.Errorf("%s: the last state of %s in the simulator is %q, want %q", job.name, job.jobID, last, want[job.name])
		}
	}
	if len(shown) != len(want) {
		t.Errorf("the demo shows %d jobs, want %d", len(shown), len(want))
	}
}

func TestEveryVectaraJobOfTheManifestsHasAStory(t *testing.T) {
	known := map[string]bool{}
	for _, job := range stories {
		known[job.name] = true
	}
	err := eachVectaraJob(func(object v1alpha1.VectaraJob, _ []byte) {
		if !known[object.Name] {
			t.Errorf("%s has no story", object.Name)
		}
		if object.Namespace != namespace {
			t.Errorf("%s is in the namespace %q, want %q", object.Name, object.Namespace, namespace)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheSecretHoldsTheSimulatorsKey(t *testing.T) {
	objects, err := manifests.Split(manifestsYAML)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.Kind != "Secret" {
			continue
		}
		var secret corev1.Secret
		if err := yaml.UnmarshalStrict(o.YAML, &secret); err != nil {
			t.Fatal(err)
		}
		if secret.Name != v1alpha1.DefaultCredentialsSecretName || secret.Namespace != namespace {
			t.Errorf("the Secret is %s/%s", secret.Namespace, secret.Name)
		}
		if secret.Type != v1alpha1.CredentialsSecretType {
			t.Errorf("the Secret is of type %s", secret.Type)
		}
		if got := secret.StringData[v1alpha1.APIKeyKey]; got != demoKey() {
			t.Errorf("the key is %q, the simulator knows %q", got, demoKey())
		}
		return
	}
	t.Fatal("there is no Secret")
}

func TestTheSampleIsTheManifestOfOneVectaraJob(t *testing.T) {
	sample, err := sampleManifest("completes")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(sample, "apiVersion: ") || strings.Contains(sample, "---") || !strings.Contains(sample, "name: completes\n") {
		t.Errorf("got:\n%s", sample)
	}
}
