// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

func syncedMessage(status v1alpha1.VectaraJobStatus) string {
	return meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionSynced).Message
}

func withRequestID(id string) func(*jobs.Fault) {
	return func(f *jobs.Fault) { f.RequestID = id }
}

func withWords(said ...string) func(*jobs.Fault) {
	return func(f *jobs.Fault) { f.Words = said }
}

func withStatusCode(code int) func(*jobs.Fault) {
	return func(f *jobs.Fault) { f.StatusCode = code }
}

func withDetail(detail string) func(*jobs.Fault) {
	return func(f *jobs.Fault) { f.Detail = detail }
}

func TestFaultsThatPersistCostNoWrites(t *testing.T) {
	long := strings.Repeat("The corpus is closed for maintenance. ", 40)
	for _, test := range []struct {
		name          string
		first, second jobs.Fault
	}{
		{"another request ID does not change a refusal", apiFault(jobs.PermissionDenied, withRequestID("8d1c7a52")), apiFault(jobs.PermissionDenied, withRequestID("fe01b9c3"))},
		{"a request ID of letters only changes nothing", apiFault(jobs.NotFound, withRequestID("abcdef")), apiFault(jobs.NotFound, withRequestID("ghijkl"))},
		{"a request ID with a parenthesis changes nothing", apiFault(jobs.NotFound, withRequestID("ab)cd")), apiFault(jobs.NotFound, withRequestID("ef)gh"))},
		{"a request ID that comes and goes changes nothing", apiFault(jobs.Unauthorized), apiFault(jobs.Unauthorized, withRequestID(""))},
		{
			"other digits in Vectara's words change nothing",
			apiFault(jobs.PermissionDenied, withWords("Trace 17 at 2026-03-01T12:00:00Z: forbidden.")),
			apiFault(jobs.PermissionDenied, withWords("Trace 8821 at 2026-03-01T12:05:00Z: forbidden.")),
		},
		{
			"another UUID in Vectara's words changes nothing",
			apiFault(jobs.NotFound, withWords("No such job (5f0c2f9e-6d1c-4f7a-8f57-d2f3c3a0b9b1).")),
			apiFault(jobs.NotFound, withWords("No such job (0d4d6ac1-2b55-4f5e-9b0e-7c1f6a3e8d42).")),
		},
		{
			"other digits of another length change nothing even where the words are cut",
			apiFault(jobs.PermissionDenied, withWords("Trace 17. "+long)),
			apiFault(jobs.PermissionDenied, withWords("Trace 8821. "+long)),
		},
		{"another error of an outage changes nothing", apiFault(jobs.Unavailable), apiFault(jobs.Unavailable, withStatusCode(0), withWords(), withDetail("connection refused"))},
		{"other words in an outage change nothing", apiFault(jobs.Unavailable), apiFault(jobs.Unavailable, withStatusCode(502), withWords("Bad gateway."))},
		{"other words of a rate limit change nothing", apiFault(jobs.RateLimited), apiFault(jobs.RateLimited, withWords("Slow down, please."))},
		{"another invalid response changes nothing", apiFault(jobs.InvalidResponse), apiFault(jobs.InvalidResponse, withDetail("the body is about another job"))},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := job()
			object = asStored(t, object, statusAfter(object, failure(test.first), noon.Add(-recheckRefused)))
			if next := statusAfter(object, failure(test.second), noon); !equality.Semantic.DeepEqual(next, object.Status) {
				t.Errorf("The message went from\n%q to\n%q", syncedMessage(object.Status), syncedMessage(next))
			}
		})
	}
}

func TestAnotherFaultChangesTheMessage(t *testing.T) {
	for _, test := range []struct {
		name          string
		object        *v1alpha1.VectaraJob
		found         gathered
		want, wantNot string
	}{
		{
			"Vectara explains a refusal otherwise",
			job(withFault(apiFault(jobs.PermissionDenied, withWords("The key may query only.")))),
			failure(apiFault(jobs.PermissionDenied, withWords("The user is disabled."), withRequestID("req-2"))),
			"The user is disabled. (request ID req-2)", "The key may query only.",
		},
		{
			"a Secret is malformed in another way",
			job(withNoCredentials(credentialsInvalid(testSecret, errors.New("expected the key api-key")))),
			withoutPoll(credentialsInvalid(testSecret, errors.New("it holds both kinds"))),
			"it holds both kinds", "expected the key api-key",
		},
		{
			"a Secret has a key whose name differs in a digit only",
			job(withNoCredentials(credentialsInvalid(testSecret, errors.New("it has: key1")))),
			withoutPoll(credentialsInvalid(testSecret, errors.New("it has: key2"))),
			"it has: key2", "key1",
		},
		{
			"one fault gives way to another",
			job(withFault(apiFault(jobs.Unavailable, withWords("Down for maintenance.")))),
			failure(apiFault(jobs.RateLimited, withRequestID("req-2"))),
			"(request ID req-2)", "Down for maintenance.",
		},
		{
			"an outage comes back after a success",
			job(withFault(apiFault(jobs.Unavailable, withRequestID("req-1"))), withState("started")),
			failure(apiFault(jobs.Unavailable, withRequestID("req-2"))),
			"(request ID req-2)", "req-1",
		},
		{
			"another Secret, whose name differs in a digit only, is refused too",
			job(withSecretRef("vectara-v1"), withFault(apiFault(jobs.PermissionDenied)), withSecretRef("vectara-v2"), withGeneration(2)),
			failure(apiFault(jobs.PermissionDenied)),
			`"vectara-v2"`, `"vectara-v1"`,
		},
		{
			"another Secret, whose name differs in a digit only, is missing too",
			job(withSecretRef("vectara-v1"), withNoCredentials(credentialsNotFound(testNamespace, "vectara-v1")), withSecretRef("vectara-v2"), withGeneration(2)),
			withoutPoll(credentialsNotFound(testNamespace, "vectara-v2")),
			`"vectara-v2"`, `"vectara-v1"`,
		},
		{
			"another Secret is rate limited too",
			job(withSecretRef("legal"), withFault(apiFault(jobs.RateLimited)), withSecretRef("finance"), withGeneration(2)),
			failure(apiFault(jobs.RateLimited)),
			`"finance"`, `"legal"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := syncedMessage(statusAfter(test.object, test.found, noon))
			if !strings.Contains(got, test.want) || strings.Contains(got, test.wantNot) {
				t.Errorf("The message is %q, want %q in it and not %q", got, test.want, test.wantNot)
			}
		})
	}
}

func TestTheFirstRequestIDOfAnEpisodeStays(t *testing.T) {
	object := job()
	for _, id := range []string{"req-1", "req-2", "req-3"} {
		object.Status = statusAfter(object, failure(apiFault(jobs.Unavailable, withRequestID(id))), noon)
	}
	if got := syncedMessage(object.Status); !strings.HasSuffix(got, "(request ID req-1)") {
		t.Errorf("The message is %q, want it to end with the first request ID", got)
	}
}

func TestReadySaysWhatSyncedSaysOfABlockingFault(t *testing.T) {
	for _, row := range faultRows {
		t.Run(row.name, func(t *testing.T) {
			next := statusAfter(job(), row.found, noon)
			for _, c := range next.Conditions {
				if c.Message != syncedMessage(next) {
					t.Errorf("%s says %q, want %q", c.Type, c.Message, syncedMessage(next))
				}
			}
		})
	}
}

func TestQuotesAreBounded(t *testing.T) {
	for _, unit := range []string{"x", "ß", "界", "🙂", "e\u0301"} {
		flood := strings.Repeat(unit, 100_000)
		for _, test := range []struct {
			name  string
			found gathered
		}{
			{"what Vectara says of a refusal", failure(apiFault(jobs.PermissionDenied, withWords(flood, flood)))},
			{"what the client says of an outage", failure(apiFault(jobs.Unavailable, withDetail(flood)))},
			{"what Vectara remarks on a failure", answer("failed", func(j *vectara.Job) { j.Comment = flood })},
			{"a state that nobody knows", answer(v1alpha1.JobState(flood))},
		} {
			t.Run(test.name+" in "+unit, func(t *testing.T) {
				for _, c := range statusAfter(job(), test.found, noon).Conditions {
					// What is quoted, and a sentence or two around it.
					if got := utf8.RuneCountInString(c.Message); got > maxWords+400 || !utf8.ValidString(c.Message) {
						t.Errorf("%s says %d characters, valid: %t", c.Type, got, utf8.ValidString(c.Message))
					}
				}
			})
		}
	}
}
