// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestFormerCredentialsAreReplacedInWhatASessionReturns(t *testing.T) {
	key, client := Credentials{APIKey: "former-key-1"}, Credentials{ClientID: "app", ClientSecret: "former-secret-2"}
	echo := strings.Join([]string{testKey, key.APIKey, client.ClientSecret, fmt.Sprintf("%x", key.APIKey)}, " ")
	for name, handler := range map[string]http.HandlerFunc{
		"in a job":    responding(http.StatusOK, encoded(t, map[string]any{"id": testID, "comment": echo})),
		"in an error": responding(http.StatusForbidden, encoded(t, map[string]any{"messages": []string{echo}})),
	} {
		t.Run(name, func(t *testing.T) {
			session := keySession(t, serve(t, handler).URL)
			session.AlsoRedact(key)
			session.AlsoRedact(client)
			job, err := session.GetJob(within(t), testID)
			if got, want := job.Comment+fmt.Sprint(err), strings.Repeat(hidden+" ", 3)+hidden; !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestAlsoRedactKeepsTheLastFour(t *testing.T) {
	session := keySession(t, DefaultEndpoint)
	key := func(i int) string { return fmt.Sprintf("former-key-%02d", i) }
	for i := range 10 {
		session.AlsoRedact(Credentials{APIKey: key(i)})
		session.AlsoRedact(Credentials{APIKey: key(i)})
		session.AlsoRedact(Credentials{APIKey: testKey})
	}
	for i := range 10 {
		redacted := session.redactor.redact(key(i)) == hidden
		if want := i >= 6; redacted != want {
			t.Errorf("former key %d is redacted: %v, want %v", i, redacted, want)
		}
	}
	if session.redactor.redact(testKey) != hidden {
		t.Error("the key in use was forgotten")
	}
}

func TestAlsoRedactIgnoresWhatWasNeverSent(t *testing.T) {
	session := keySession(t, DefaultEndpoint)
	for _, invalid := range []Credentials{{}, {APIKey: "the"}, {APIKey: "the whole"}, {ClientSecret: "corporate"}} {
		session.AlsoRedact(invalid)
	}
	const text = "the whole corporate text"
	if got := session.redactor.redact(text); got != text {
		t.Errorf("got %q", got)
	}
}

func TestAlsoRedactCostsNothingWhenCalledAgain(t *testing.T) {
	session := keySession(t, DefaultEndpoint)
	former := Credentials{APIKey: "former-key"}
	session.AlsoRedact(former)
	if allocations := testing.AllocsPerRun(100, func() { session.AlsoRedact(former) }); allocations != 0 {
		t.Errorf("%v allocations, want none", allocations)
	}
}
