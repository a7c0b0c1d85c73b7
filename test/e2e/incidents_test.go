// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// The tests in this file cause an incident and then read only what Kubernetes and the plugin show.

// contains fails the test for each text that is missing.
func contains(t *testing.T, what, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, text)
		}
	}
}

func messageOf(object *v1alpha1.VectaraJob, condition string) string {
	if c := meta.FindStatusCondition(object.Status.Conditions, condition); c != nil {
		return c.Message
	}
	return ""
}

func TestOutageShowsWherePeopleLookFirst(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "queued")
	s.create("a", "job_a")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobQueued")
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Status: http.StatusServiceUnavailable})
	s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable")

	table := s.kubectl("get", "vj", "a")
	lines := strings.Split(table, "\n")
	if column := strings.Index(lines[0], "SYNCED"); column < 0 || !strings.HasPrefix(lines[1][column:], "False") {
		t.Errorf("SYNCED does not say False:\n%s", table)
	}
	contains(t, "kubectl get -o wide", s.kubectl("get", "vj", "a", "-o", "wide"), "APIUnavailable", "Vectara is not available (HTTP 503)")
	page := s.plugin("", "status", "a")
	page.expect(t, 0, "/a: last known state: queued; Vectara cannot be reached (APIUnavailable)", "What to do:\n  Wait: the job is polled again")
}

// TestTimesAreNotThoseOfTheReason has one reason follow another while Synced stays False: when the reason changed is not
// recorded, so that no time may stand beside it.
func TestTimesAreNotThoseOfTheReason(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	s.create("a", "job_a")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
	remove := s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Status: http.StatusServiceUnavailable})
	before := meta.FindStatusCondition(s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable").Status.Conditions, v1alpha1.ConditionSynced)
	remove()
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: "a-key-nobody-knows"})
	after := meta.FindStatusCondition(s.awaitReason("a", v1alpha1.ConditionSynced, "Unauthorized").Status.Conditions, v1alpha1.ConditionSynced)
	if !before.LastTransitionTime.Equal(&after.LastTransitionTime) {
		t.Errorf("Synced was False from %v on, and then from %v on", before.LastTransitionTime, after.LastTransitionTime)
	}
	page := s.plugin("", "status", "a")
	page.expect(t, 0, "Synced       False    Status may be out of date (False for ", "; now Unauthorized).")
	if strings.Contains(page.out, "Unauthorized, for") || strings.Contains(page.out, "Unauthorized for") {
		t.Errorf("a time stands beside the reason:\n%s", page.out)
	}
}

func TestTimeoutNamesHostTimeAndSettingInStatusAndLog(t *testing.T) {
	s := newScene(t, "--request-timeout=2s")
	s.job("job_a", "started")
	s.vectara.Inject(simulator.Fault{Operation: simulator.OpGetJob, Hang: true})
	s.create("a", "job_a")
	const want = "no complete response from 127.0.0.1 within 2s (requestTimeout)"
	contains(t, "the message", messageOf(s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable"), v1alpha1.ConditionSynced), want)
	s.awaitEvent("a", "APIUnavailable") // It is recorded with the line in the log.
	contains(t, "the log", s.manager.Output(), want)
}

func TestSecretWithTheWrongKeysIsToldWhichItHas(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "completed")
	s.create("a", "job_a", func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = "mistaken" })
	s.awaitReason("a", v1alpha1.ConditionSynced, "CredentialsNotFound")
	for _, data := range []map[string]string{{"apikey": apiKey}, {"apikey1": apiKey, "client-id": ""}} {
		s.secret("mistaken", data)
		want := "it has: apikey."
		if len(data) == 2 {
			want = "it has: apikey1, client-id (empty)."
		}
		s.await("a", "says "+want, func(object *v1alpha1.VectaraJob) bool {
			return strings.Contains(messageOf(object, v1alpha1.ConditionSynced), want)
		})
	}
	for what, text := range map[string]string{
		"the object": s.kubectl("get", "vj", "a", "-o", "yaml"), "the page": s.plugin("", "status", "a").out, "the log": s.manager.Output(),
	} {
		if strings.Contains(text, apiKey) {
			t.Errorf("the value stands in %s:\n%s", what, text)
		}
	}
	s.secret("mistaken", map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}

func TestDiscoveryThatMatchesNothingSaysWhatItLooksFor(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	s.discover("later", func(d *v1alpha1.VectaraJobDiscovery) {
		at := metav1.Date(2096, 1, 1, 0, 0, 0, 0, time.UTC)
		d.Spec.CreatedAfter = &at
	})
	s.discover("typo", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.CorpusKeys = []string{"legl"} })
	s.discover("half", func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.CorpusKeys = []string{"legal", "legl"} })

	s.awaitDiscoveryReason("later", v1alpha1.ConditionReady, v1alpha1.ReasonNoJobMatches)
	s.awaitDiscoveryReason("typo", v1alpha1.ConditionReady, v1alpha1.ReasonNoJobMatches)
	s.awaitDiscoveryReason("half", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	contains(t, "kubectl get", s.kubectl("get", "vjd"), "NoJobMatches")
	contains(t, "kubectl get -o wide", s.kubectl("get", "vjd", "-o", "wide"),
		"No job matches. The window begins 2096-01-01T00:00:00Z, which is in the future.",
		"No job matches. The window begins 24h ago; corpora: legl. No job on the list works on legl: check spec.corpusKeys.",
		"Every job that matches has had its VectaraJob. No job on the list works on legl: check spec.corpusKeys.")
	for name, reason := range map[string]string{"later": v1alpha1.ReasonNoJobMatches, "typo": "CorpusNotSeen", "half": "CorpusNotSeen"} {
		s.awaitEvent(name, reason)
		for _, event := range s.events(name) {
			if event.Reason == reason && event.Type != "Warning" {
				t.Errorf("the event %s of %s is %s, want a warning", reason, name, event.Type)
			}
		}
	}
	s.plugin("", "status").expect(t, 0, "NoJobMatches: No job matches.")
	s.plugin("", "status", "vjd/typo").expect(t, 0, "corpora: legl.")

	// Jobs on the corpus make the warning go away.
	s.vectara.AddJob(simulator.Job{ID: "job_b", CorpusKeys: []string{"legl"}, Steps: []simulator.Step{{State: "started"}}})
	s.walkNow("half")
	s.awaitDiscovery("half", "no longer warns", func(d *v1alpha1.VectaraJobDiscovery) bool {
		ready := meta.FindStatusCondition(d.Status.Conditions, v1alpha1.ConditionReady)
		return ready.Message == "Every job that matches has had its VectaraJob."
	})
}
