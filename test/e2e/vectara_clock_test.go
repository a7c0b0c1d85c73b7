// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// TestClocksTenYearsOff has Vectara live in another decade: its times are shown as they are, and the job is polled as often as any other.
func TestClocksTenYearsOff(t *testing.T) {
	for name, years := range map[string]int{"ahead": 10, "behind": -10} {
		t.Run(name, func(t *testing.T) {
			now := func() time.Time { return time.Now().AddDate(years, 0, 0) }
			s := emptyScene(t, simulator.Options{Now: now})
			s.vectara.AddAPIKey(apiKey, simulator.Access{})
			s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
			s.startManager()
			s.job("job_a", "started")
			s.create("a", "job_a")
			object := s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")
			if got := object.Status.StartedAt; got == nil || now().Sub(got.Time) > time.Hour || got.After(now()) {
				t.Errorf("startedAt is %v, want it as Vectara says, about %v", got, now())
			}
			if got := object.Status.LastTransitionTime; got == nil || time.Since(got.Time) > time.Hour || got.After(time.Now()) {
				t.Errorf("lastTransitionTime is %v, want it by the operator's clock", got)
			}
			began, calls := time.Now(), s.vectara.Count(simulator.OpGetJob, "job_a")
			s.awaitCalls("job_a", calls+3)
			// The second and the third come a second after the one before, less the jitter of a tenth.
			if took := time.Since(began); took < 1800*time.Millisecond {
				t.Errorf("three polls within %v", took)
			}
			s.vectara.SetState("job_a", "completed", "")
			s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
		})
	}
}

// TestNonsenseInAJob has Vectara send fields that make no sense: each is left out, and the rest is shown.
func TestNonsenseInAJob(t *testing.T) {
	s := newScene(t)
	s.vectara.AddJob(simulator.Job{ID: "job_a", Type: "bulk_delete_documents", Steps: []simulator.Step{{State: "started"}}, Extra: map[string]any{
		"created_at": "yesterday", "started_at": 1767323045, "completed_at": "2026-02-30T00:00:00Z", "corpus_keys": map[string]any{"a": 1}, "comment": []any{1},
		"state": "\x00gar\u202ebage \U0001F642", "progress": map[string]any{"percent": 50},
	}})
	s.create("a", "job_a")
	object := s.awaitReason("a", v1alpha1.ConditionReady, "JobStateUnknown")
	status := object.Status
	if status.Type != "bulk_delete_documents" || status.CreatedAt != nil || status.StartedAt != nil || status.CompletedAt != nil || status.CorpusKeys != nil || status.Comment != "" {
		t.Errorf("status is %+v", status)
	}
	calls := s.vectara.Count(simulator.OpGetJob, "job_a")
	s.awaitCalls("job_a", calls+2)
	if got := s.get("a"); got.ResourceVersion != object.ResourceVersion {
		t.Error("the same nonsense was written again")
	}
}
