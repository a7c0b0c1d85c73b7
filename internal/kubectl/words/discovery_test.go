// SPDX-License-Identifier: Apache-2.0

package words_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/words"
)

// discovering is a discovery that lists the jobs of two corpora, of which all have had a VectaraJob.
func discovering(changes ...func(*v1alpha1.VectaraJobDiscovery)) *v1alpha1.VectaraJobDiscovery {
	discovery := &v1alpha1.VectaraJobDiscovery{
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "legal", Generation: 1, CreationTimestamp: *ago(time.Hour)},
		Spec: v1alpha1.VectaraJobDiscoverySpec{
			SecretRef: v1alpha1.SecretReference{Name: "vectara-credentials"}, CorpusKeys: []string{"legal", "hr"}, MaxJobs: 200,
			Template: v1alpha1.VectaraJobTemplate{Spec: v1alpha1.VectaraJobTemplateSpec{TTLSecondsAfterFinished: ptr.To(int32(86400))}},
		},
		Status: v1alpha1.VectaraJobDiscoveryStatus{
			ObservedGeneration: 1, ObservedJobs: ptr.To(int32(12)), MirroredJobs: ptr.To(int32(9)), WaitingJobs: ptr.To(int32(0)),
			CreatedJobs: 40, LastSweepTime: ago(3 * time.Minute),
		},
	}
	discovery.Status.Conditions = conditionsOf(true, "", v1alpha1.ReasonJobsDiscovered, "Every job that matches has had its VectaraJob.")
	for _, change := range changes {
		change(discovery)
	}
	return discovery
}

// conditionsOf are Ready and one other condition, if any, which have been so for a minute.
func conditionsOf(ready bool, other, reason, message string) []metav1.Condition {
	status := metav1.ConditionFalse
	if ready {
		status = metav1.ConditionTrue
	}
	made := []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message, LastTransitionTime: *ago(time.Minute),
	}}
	if other != "" {
		made = append(made, metav1.Condition{
			Type: other, Status: metav1.ConditionTrue, Reason: reason, Message: message, LastTransitionTime: *ago(time.Minute),
		})
	}
	return made
}

// stalledBy has a person be needed.
func stalledBy(reason, message string) func(*v1alpha1.VectaraJobDiscovery) {
	return func(discovery *v1alpha1.VectaraJobDiscovery) {
		discovery.Status.Conditions = conditionsOf(false, v1alpha1.ConditionStalled, reason, message)
	}
}

// outage has listing fail, after a list that succeeded or without one.
func outage(listed bool) func(*v1alpha1.VectaraJobDiscovery) {
	return func(discovery *v1alpha1.VectaraJobDiscovery) {
		discovery.Status.Conditions = conditionsOf(true, v1alpha1.ConditionReconciling, v1alpha1.ReasonAPIUnavailable, "Vectara is not available.")
		if !listed {
			discovery.Status.Conditions[0].Status = metav1.ConditionUnknown
			unlisted(discovery)
		}
	}
}

func unlisted(discovery *v1alpha1.VectaraJobDiscovery) {
	status := &discovery.Status
	status.ObservedJobs, status.MirroredJobs, status.WaitingJobs, status.LastSweepTime, status.CreatedJobs = nil, nil, nil, nil, 0
}

func unobserved(discovery *v1alpha1.VectaraJobDiscovery) {
	discovery.Status = v1alpha1.VectaraJobDiscoveryStatus{ObservedGeneration: -1}
}

func called(name string) func(*v1alpha1.VectaraJobDiscovery) {
	return func(discovery *v1alpha1.VectaraJobDiscovery) { discovery.Name = name }
}

func setAside(discovery *v1alpha1.VectaraJobDiscovery) { discovery.Spec.Suspend = ptr.To(true) }

const tooMany = "3 matching jobs wait for a VectaraJob: there are as many as spec.maxJobs allows (200)."

func writeDiscovery(t *testing.T, page words.DiscoveryPage) string {
	t.Helper()
	page.Now = now
	var text strings.Builder
	if _, err := page.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestDiscoveryPage shows a page whole, to be read.
func TestDiscoveryPage(t *testing.T) {
	got := writeDiscovery(t, words.DiscoveryPage{
		Discovery: discovering(stalledBy(v1alpha1.ReasonMaxJobsReached, tooMany), func(discovery *v1alpha1.VectaraJobDiscovery) {
			discovery.Status.WaitingJobs = ptr.To(int32(3))
		}),
		Events: []corev1.Event{{Type: "Warning", Reason: v1alpha1.ReasonMaxJobsReached, Message: tooMany, LastTimestamp: *ago(time.Minute)}},
	})
	want := `search/legal: blocked for 1 minute; now MaxJobsReached

  Corpora:    legal, hr
  Window:     jobs created in the last 24h
  Secret:     vectara-credentials
  Interval:   60s
  Kept for:   1 day after the job has ended
  Listed:     2026-01-31 11:57:00 UTC, 3m ago (the time is updated once an hour while nothing changes)
  Matching:   12
  Mirrored:   9 of at most 200 at the same time
  Waiting:    3
  Created:    40 so far
  Blocked by: MaxJobsReached: 3 matching jobs wait for a VectaraJob: there are as many as
              spec.maxJobs allows (200).

What to do:
  Delete VectaraJobs that you no longer need, such as those of completed jobs, or admit more:
  kubectl delete vj -n search -l jobs.vectara.io/discovery=legal --field-selector=status.state=completed
  kubectl patch -n search vjd/legal --type=merge -p '{"spec":{"maxJobs":…}}'

Conditions:
  Ready        False    Not every job that matches has had its VectaraJob (False for 1 minute; now MaxJobsReached).
                        3 matching jobs wait for a VectaraJob: there are as many as spec.maxJobs
                        allows (200).
  Stalled      True     Waiting alone does not help (True for 1 minute; now MaxJobsReached).

Events:
      60s ago  Warning  MaxJobsReached: 3 matching jobs wait for a VectaraJob: there are as many as
                        spec.maxJobs allows (200).
`
	if got != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
}

func TestDiscoveryPageTellsTheStory(t *testing.T) {
	for name, test := range map[string]struct {
		page words.DiscoveryPage
		want []string
	}{
		"of one whose jobs all have a VectaraJob": {
			words.DiscoveryPage{Discovery: discovering()},
			[]string{"search/legal: ready\n", "Waiting:    0\n", "No job waits for a VectaraJob (True for 1 minute; now JobsDiscovered).\n"},
		},
		"of one that matches no job": {
			words.DiscoveryPage{Discovery: discovering(func(discovery *v1alpha1.VectaraJobDiscovery) {
				discovery.Status.Conditions = conditionsOf(true, "", v1alpha1.ReasonNoJobMatches, "No job matches. The window begins 24h ago.")
			})},
			[]string{"search/legal: ready\n", "Reason:     NoJobMatches: No job matches. The window begins 24h ago.\n"},
		},
		"of a new one": {
			words.DiscoveryPage{Discovery: discovering(unobserved)},
			[]string{
				"search/legal: not listed yet\n", "Listed:     never completely\n", "Created:    0 so far\n",
				"none: nothing has been written for this VectaraJobDiscovery; if it is older than a minute, look for errors in the operator's log\n",
			},
		},
		"of an outage": {
			words.DiscoveryPage{Discovery: discovering(outage(true))},
			[]string{
				"search/legal: last known: ready; Vectara cannot be reached (APIUnavailable); Reconciling for 1 minute\n",
				"Reason:     APIUnavailable: Vectara is not available.\n", "Matching:   12\n",
				"What to do:\n  Wait: the jobs are listed again",
			},
		},
		"of an outage before the first list": {
			words.DiscoveryPage{Discovery: discovering(outage(false))},
			[]string{"search/legal: not listed yet; Vectara cannot be reached (APIUnavailable)", "It is not known which jobs match"},
		},
		"of one that is suspended": {
			words.DiscoveryPage{Discovery: discovering(setAside)},
			[]string{"search/legal: suspended\n", `kubectl patch -n search vjd/legal --type=merge -p '{"spec":{"suspend":false}}'`},
		},
		"of one whose spec was changed": {
			words.DiscoveryPage{Discovery: discovering(stalledBy(v1alpha1.ReasonMaxJobsReached, tooMany), func(discovery *v1alpha1.VectaraJobDiscovery) {
				discovery.Generation = 2
			})},
			[]string{"search/legal: in progress\n", "They were made for an earlier spec"},
		},
		"of one whose VectaraJobs are refused": {
			words.DiscoveryPage{Discovery: discovering(func(discovery *v1alpha1.VectaraJobDiscovery) {
				discovery.Status.Conditions = conditionsOf(false, v1alpha1.ConditionReconciling, v1alpha1.ReasonCreationFailed, "exceeded quota")
			})},
			[]string{"search/legal: in progress\n", "Reason:     CreationFailed: exceeded quota\n", "kubectl get resourcequotas -n search"},
		},
		"of one with every field": {
			words.DiscoveryPage{Discovery: discovering(func(discovery *v1alpha1.VectaraJobDiscovery) {
				discovery.Spec.Types, discovery.Spec.States = []v1alpha1.JobType{"rebuild_vector_index"}, []v1alpha1.JobState{"queued", "started"}
				discovery.Spec.CreatedAfter, discovery.Spec.Interval = ago(48*time.Hour), &metav1.Duration{Duration: 5 * time.Minute}
			})},
			[]string{
				"Types:      rebuild_vector_index\n", "States:     queued, started\n",
				"Window:     jobs created after 2026-01-29 12:00:00 UTC\n", "Interval:   5m\n",
			},
		},
		"to somebody who may not read events": {
			words.DiscoveryPage{Discovery: discovering(), NoEvents: "events is forbidden"},
			[]string{"Events:\n  cannot be read: events is forbidden\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := writeDiscovery(t, test.page)
			for _, text := range test.want {
				if !strings.Contains(got, text) {
					t.Errorf("the page lacks %q:\n%s", text, got)
				}
			}
		})
	}
}

func TestDiscoveryTable(t *testing.T) {
	var table strings.Builder
	err := words.DiscoveryTable(&table, []v1alpha1.VectaraJobDiscovery{
		*discovering(called("all")),
		*discovering(called("new"), unobserved),
		*discovering(called("full"), stalledBy(v1alpha1.ReasonMaxJobsReached, tooMany)),
		*discovering(called("idle"), setAside),
		*discovering(called("outage"), outage(true)),
		*discovering(called("busy"), func(discovery *v1alpha1.VectaraJobDiscovery) {
			discovery.Status.Conditions = conditionsOf(false, v1alpha1.ConditionReconciling, v1alpha1.ReasonCreatingJobs, "The others follow.")
		}),
	}, now, true)
	if err != nil {
		t.Fatal(err)
	}
	want := `NAMESPACE   DISCOVERY   STATE            MATCHING   MIRRORED   WAITING   LISTED   NOTE
search      full        blocked          12         9          0         3m       MaxJobsReached: 3 matching jobs wait for a VectaraJob: ther…
search      idle        suspended        12         9          0         3m
search      new         not listed yet   -          -          -         -
search      busy        in progress      12         9          0         3m       CreatingJobs: The others follow.
search      all         ready            12         9          0         3m
search      outage      ready            12         9          0         3m       APIUnavailable: Vectara is not available.
`
	var got strings.Builder
	for line := range strings.Lines(table.String()) {
		got.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if got := got.String(); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}

func TestThereIsAdviceForEveryReasonThatStopsADiscovery(t *testing.T) {
	for _, reason := range []string{
		v1alpha1.ReasonPermissionDenied, v1alpha1.ReasonJobNotFound, v1alpha1.ReasonUnauthorized, v1alpha1.ReasonRequestRejected,
		v1alpha1.ReasonCredentialsNotFound, v1alpha1.ReasonCredentialsInvalid, v1alpha1.ReasonMaxJobsReached,
		v1alpha1.ReasonTooManyJobs, v1alpha1.ReasonNotWatched,
	} {
		advice := strings.Join(words.DiscoveryAdvice(discovering(stalledBy(reason, "No."))), "\n")
		if !strings.Contains(advice, "kubectl ") || !strings.Contains(advice, "-n search") {
			t.Errorf("the advice on %s has no command: %q", reason, advice)
		}
		for _, placeholder := range []string{"{namespace}", "{name}", "{secret}"} {
			if strings.Contains(advice, placeholder) {
				t.Errorf("the advice on %s is not filled in: %q", reason, advice)
			}
		}
	}
	for _, discovery := range []*v1alpha1.VectaraJobDiscovery{discovering(), discovering(unobserved)} {
		if advice := words.DiscoveryAdvice(discovery); advice != nil {
			t.Errorf("there is advice: %q", advice)
		}
	}
}

func TestDiscoveryHasNothingInItThatATerminalWouldObey(t *testing.T) {
	const evil = "\x1b]0;evil\a\x1b[2J"
	discovery := discovering(stalledBy(evil, evil), func(discovery *v1alpha1.VectaraJobDiscovery) {
		discovery.Spec.Types = []v1alpha1.JobType{evil}
	})
	text := writeDiscovery(t, words.DiscoveryPage{Discovery: discovery, Events: []corev1.Event{{Reason: evil, Message: evil}}})
	var table strings.Builder
	if err := words.DiscoveryTable(&table, []v1alpha1.VectaraJobDiscovery{*discovery}, now, true); err != nil {
		t.Fatal(err)
	}
	if text += table.String(); strings.ContainsAny(text, "\x1b\a") {
		t.Errorf("an escape sequence got through: %q", text)
	}
}
