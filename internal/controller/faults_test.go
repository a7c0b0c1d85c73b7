// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

var errTest = errors.New("expected the key api-key")

func TestFaultsAreWordedForPeople(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault jobs.Fault
		want  string
	}{
		{
			"a refusal with Vectara's words",
			apiFault(jobs.PermissionDenied, withWords("The key may query only.", "Ask an owner.")),
			`Vectara does not let the credentials in Secret "vectara-credentials" see this job (HTTP 403): The key may query only.; Ask an owner. (request ID req-1)`,
		},
		{
			"a refusal without a word",
			apiFault(jobs.PermissionDenied, withWords(), withRequestID("")),
			`Vectara does not let the credentials in Secret "vectara-credentials" see this job (HTTP 403).`,
		},
		{
			"a job that is not there",
			apiFault(jobs.NotFound, withWords("No such job.")),
			`Vectara knows no job of this ID for the credentials in Secret "vectara-credentials" (HTTP 404): No such job. (request ID req-1)`,
		},
		{
			"a client that the token endpoint refuses",
			apiFault(jobs.Unauthorized, withStatusCode(400), withDetail("invalid_client"), withWords("Unknown client."), withRequestID(""),
				func(f *jobs.Fault) { f.FromTokenEndpoint = true }),
			`Vectara refused the credentials in Secret "vectara-credentials" (token endpoint, HTTP 400): invalid_client; Unknown client.`,
		},
		{
			"a rate limit",
			apiFault(jobs.RateLimited, withWords(), withRequestID("")),
			`Vectara limits the rate of requests with the credentials in Secret "vectara-credentials" (HTTP 429).`,
		},
		{
			"a rate limit of the operator itself",
			apiFault(jobs.RateLimited, ownBudget),
			`The operator's own request budget for the credentials in Secret "vectara-credentials" does not suffice. Have --requests-per-second raised, or poll less often.`,
		},
		{
			"a request that is rejected",
			apiFault(jobs.RequestRejected, withWords("The ID is too long."), withRequestID("")),
			`Vectara rejected the request to see this job (HTTP 422): The ID is too long.`,
		},
		{
			"no connection",
			apiFault(jobs.Unavailable, withStatusCode(0), withWords(), withDetail("connection refused"), withRequestID("")),
			`Vectara is not available: connection refused`,
		},
		{
			"an invalid response of the token endpoint",
			apiFault(jobs.InvalidResponse, withRequestID(""), func(f *jobs.Fault) { f.FromTokenEndpoint = true }),
			`Vectara's response is invalid (token endpoint, HTTP 200): the body is not a JSON object`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := faultOf(&test.fault, testSecret, toPoll).message(nil); got != test.want {
				t.Errorf("The message is\n%s, want\n%s", got, test.want)
			}
		})
	}
}

func TestWordingAFaultLeavesItAlone(t *testing.T) {
	said := make([]string, 1, 4) // Room that a careless append would write into.
	said[0] = "Something is wrong."
	f := apiFault(jobs.Unavailable, withDetail("connection refused"), withWords(said...))
	before := faultOf(&f, testSecret, toPoll).message(nil)
	if after := faultOf(&f, testSecret, toPoll).message(nil); after != before || f.Words[0] != "Something is wrong." || len(f.Words) != 1 {
		t.Errorf("Wording a fault twice gave %q and %q, and left the words %q", before, after, f.Words)
	}
}

func TestClipCountsCharacters(t *testing.T) {
	for _, test := range []struct {
		name, text string
		limit      int
		want       string
	}{
		{"nothing stays nothing", "", 3, ""},
		{"what fits stays", "abc", 3, "abc"},
		{"what is longer ends in an ellipsis", "abcd", 3, "ab…"},
		{"characters count and not bytes", "界界界", 3, "界界界"},
		{"no character is cut in two", "界界界界", 3, "界界…"},
		{"one character of room", "abcd", 1, "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := plaintext.Clip(test.text, test.limit); got != test.want {
				t.Errorf("plaintext.Clip(%q, %d) is %q, want %q", test.text, test.limit, got, test.want)
			}
		})
	}
}

func TestClipBytesKeepsCharactersWhole(t *testing.T) {
	for _, text := range []string{"", "abc", strings.Repeat("a", 20), strings.Repeat("ß", 20), strings.Repeat("界", 20), strings.Repeat("🙂", 20)} {
		for limit := range 20 {
			got := clipBytes(text, limit)
			if len(got) > limit || len(got) < min(len(text), limit-3) || !utf8.ValidString(got) || !strings.HasPrefix(text, got) {
				t.Errorf("clipBytes(%q, %d) is %q", text, limit, got)
			}
		}
	}
}
