// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// TestSecretThatChangesUnderRunningJobs has a Secret go through everything that may happen to it, under one manager.
func TestSecretThatChangesUnderRunningJobs(t *testing.T) {
	s := newScene(t)
	tick := s.clock()
	const other = "zqt_another-key_9a4e02"
	s.vectara.AddAPIKey(other, simulator.Access{})
	name := v1alpha1.DefaultCredentialsSecretName
	key := func(value string) map[string]string { return map[string]string{v1alpha1.APIKeyKey: value} }
	s.job("job_a", "started")
	s.create("a", "job_a")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
	for _, step := range []struct {
		name   string
		change func()
		reason string // of Synced
		says   string // the message of Synced
	}{
		{"removed", func() {
			s.must(s.admin.Delete(s.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}}))
		}, "CredentialsNotFound", name},
		{"back", func() { s.secret(name, key(apiKey)) }, "Synced", ""},
		{"malformed", func() { s.secret(name, key("two\nlines")) }, "CredentialsInvalid", "API key"},
		{"rotated", func() { s.secret(name, key(other)) }, "Synced", ""},
		{"as large as a Secret can be", func() { s.secret(name, key(strings.Repeat("k", 1<<20-64))) }, "CredentialsInvalid", "API key"},
		{"well again, with a large neighbour", func() {
			s.secret(name, map[string]string{v1alpha1.APIKeyKey: apiKey, "notes": strings.Repeat("n", 1<<20-4096)})
		}, "Synced", ""},
	} {
		step.change()
		object := s.awaitReason("a", v1alpha1.ConditionSynced, step.reason)
		message := ""
		for _, condition := range object.Status.Conditions {
			if condition.Type == v1alpha1.ConditionSynced {
				message = condition.Message
			}
		}
		if !strings.Contains(message, step.says) || len(message) > 1024 {
			t.Errorf("%s: the message of Synced has %d characters, and says %.200q, want %q in it", step.name, len(message), message, step.says)
		}
		if object.Status.State != "started" {
			t.Errorf("%s: the last known state is %q", step.name, object.Status.State)
		}
		calls := s.vectara.Count(simulator.OpGetJob, "job_a")
		if step.reason != "Synced" {
			tick(2)
			if got := s.vectara.Count(simulator.OpGetJob, "job_a") - calls; got > 0 {
				t.Errorf("%s: %d calls without credentials", step.name, got)
			}
		}
	}
}

// TestObjectsThatGoWhileTheirJobIsPolled deletes an object, and then the whole namespace, in the middle of calls.
func TestObjectsThatGoWhileTheirJobIsPolled(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	manager := s.measuredManager()
	s.manager = manager.Manager
	for _, name := range []string{"one", "two", "three"} {
		s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, JobID: "job_" + name, Hang: true})
		s.create(name, "job_"+name, func(object *v1alpha1.VectaraJob) {
			object.Spec.RequestTimeout = &metav1.Duration{Duration: 5 * time.Minute}
		})
	}
	for _, name := range []string{"one", "two", "three"} {
		s.awaitRequest("job_"+name, 1)
	}
	hanging := func() float64 { return manager.families()["go_goroutines"].GetMetric()[0].GetGauge().GetValue() }
	before := hanging()
	s.must(s.admin.Delete(s.ctx, s.get("one")))
	s.awaitGone("one")
	s.must(s.admin.Delete(s.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}))
	s.eventually("the namespace is gone", func() bool {
		return client.IgnoreNotFound(s.admin.Get(s.ctx, client.ObjectKey{Name: s.namespace}, &corev1.Namespace{})) == nil &&
			s.admin.Get(s.ctx, client.ObjectKey{Name: s.namespace}, &corev1.Namespace{}) != nil
	})
	// Requests that nobody waits for any more do not wait for their five minutes.
	s.eventually("the requests have ended", func() bool { return hanging() < before })
	manager.await("jobs", exactly(map[string]float64{}))
	manager.await("unwritten_objects", exactly(map[string]float64{}))
	for _, name := range []string{"one", "two", "three"} {
		if got := s.vectara.Count(simulator.OpGetJob, "job_"+name); got != 1 {
			t.Errorf("%d calls for %s, want the one that was cut off", got, name)
		}
	}
	if log := manager.Output(); strings.Contains(log, `"level":"error"`) {
		t.Errorf("there are errors in the log:\n%s", log)
	}
}
