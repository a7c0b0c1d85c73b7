// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

func TestUsableSecrets(t *testing.T) {
	key := vectara.Credentials{APIKey: testAPIKey}
	oauth := vectara.Credentials{ClientID: "operator", ClientSecret: "very-secret-client-secret"}
	for _, test := range []struct {
		name   string
		secret *corev1.Secret
		want   vectara.Credentials
	}{
		{"an API key", secret(), key},
		{"an OAuth client", secret(withData("client-id", "operator", "client-secret", "very-secret-client-secret")), oauth},
		{"a key with the line end of the file that it came from", secret(withData("api-key", testAPIKey+"\n")), key},
		{"a key with white space all around", secret(withData("api-key", " \t"+testAPIKey+"\r\n\r\n")), key},
		{"a client with line ends", secret(withData("client-id", "operator\n", "client-secret", "very-secret-client-secret\r\n")), oauth},
		{"a key beside what the operator does not read", secret(withData("api-key", testAPIKey, "note", "rotated in May")), key},
		{"a key beside a client that was left empty", secret(withData("api-key", testAPIKey, "client-id", "", "client-secret", "\n")), key},
		{"a client beside a key that was left empty", secret(withData("api-key", "", "client-id", "operator", "client-secret", "very-secret-client-secret")), oauth},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, fault, err := credentials(t.Context(), newWorld(t, test.secret).Client, testNamespace, testSecret)
			if err != nil || fault != nil {
				t.Fatalf("The fault is %+v and the error %v, want neither", fault, err)
			}
			if got != test.want {
				t.Error("The credentials are not those in the Secret") // They are not printed: tests are an example too.
			}
		})
	}
}

func TestUselessSecrets(t *testing.T) {
	const invalid, absent = "CredentialsInvalid", "CredentialsNotFound"
	for _, test := range []struct {
		name         string
		secret       *corev1.Secret
		reason, want string
	}{
		{"no Secret of that name", secret(withSecretName("other")), absent, `There is no Secret "vectara-credentials" of type jobs.vectara.io/credentials in namespace "search".`},
		{"a Secret of that name elsewhere", secret(func(s *corev1.Secret) { s.Namespace = "finance" }), absent, `in namespace "search"`},
		{"a Secret of another type", secret(withType(corev1.SecretTypeOpaque)), absent, "of another type does not count"},
		{"a Secret without a type", secret(withType("")), absent, "of another type does not count"},
		{"a Secret that holds nothing", secret(withData()), invalid, "expected the key api-key, or the keys client-id and client-secret; it has: no keys."},
		{"a Secret whose key is white space", secret(withData("api-key", " \n")), invalid, "expected the key api-key, or the keys client-id and client-secret; it has: api-key (empty)."},
		{"a Secret with a key of another name", secret(withData("apiKey", testAPIKey)), invalid, "it has: apiKey."},
		{"a Secret with many keys", secret(withData("f", "1", "e", "2", "d", "3", "c", "4", "b", "5", "a", "6")), invalid, "it has: a, b, c, d, e, …"},
		{"a Secret with both kinds", secret(withData("api-key", testAPIKey, "client-id", "operator", "client-secret", "very-secret-client-secret")), invalid, "expected one or the other"},
		{"a Secret with a key and half a client", secret(withData("api-key", testAPIKey, "client-id", "operator")), invalid, "expected one or the other"},
		{"a Secret without the client's secret", secret(withData("client-id", "operator")), invalid, "client-secret is missing or empty; it has: client-id."},
		{"a Secret with the client's secret under another name", secret(withData("client-id", "operator", "secret", "very-secret-client-secret")), invalid, "it has: client-id, secret."},
		{"a Secret without the client's ID", secret(withData("client-secret", "very-secret-client-secret")), invalid, "client-id is missing or empty"},
		{"a key that is too short to be one", secret(withData("api-key", "short")), invalid, "API key: expected 8 to 4096 bytes"},
		{"a key that is too long to be one", secret(withData("api-key", strings.Repeat("k", 5000))), invalid, "API key: expected 8 to 4096 bytes"},
		{"a key with a line end within it", secret(withData("api-key", "zut_very\nsecret")), invalid, "API key: expected printable ASCII"},
		{"a client's secret of other letters", secret(withData("client-id", "operator", "client-secret", "pässwörtchen")), invalid, "client secret: expected printable ASCII"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, fault, err := credentials(t.Context(), newWorld(t, test.secret).Client, testNamespace, testSecret)
			if err != nil {
				t.Fatalf("The error is %v, want none", err)
			}
			if fault == nil || fault.reason != test.reason || !fault.blocking || !strings.Contains(fault.text, test.want) {
				t.Errorf("The fault is %+v, want %s with %q in its text", fault, test.reason, test.want)
			}
		})
	}
}

func TestNoValueOfASecretIsEverShown(t *testing.T) {
	fields := []string{"api-key", "client-id", "client-secret", "other"}
	for name, value := range map[string]string{
		"a value that could be sent":    "canary-in-the-coal-mine",
		"a value that is too short":     "canary",
		"a value that is too long":      strings.Repeat("canary", 2000),
		"a value with spaces":           "canary with spaces in it",
		"a value of several lines":      "canary\nin\nlines",
		"a value of other letters":      "canary-\u00fc\u0000",
		"a value that is not even text": "canary-\xff\xfe",
		"a value with formatting verbs": "canary-%s-%d-%v",
	} {
		t.Run(name, func(t *testing.T) {
			// Every choice of fields that hold the value.
			for choice := range 1 << len(fields) {
				var pairs []string
				for i, field := range fields {
					if choice&(1<<i) != 0 {
						pairs = append(pairs, field, value)
					}
				}
				expectHidden(t, secret(withData(pairs...)))
			}
			expectHidden(t, secret(withType(corev1.SecretTypeOpaque), withData("api-key", value)))
		})
	}
}

// expectHidden has an object meet a Secret whose values hold "canary", and wants to see that nowhere.
func expectHidden(t *testing.T, canary *corev1.Secret) {
	t.Helper()
	w := newWorld(t, job(), canary)
	w.reconcile(t)
	if text := fmt.Sprintf("%v %+v %v %+v", w.patches, w.recorder.events, w.lines, w.source.subscriptions); strings.Contains(text, "canary") {
		t.Errorf("A value of the Secret is shown: %s", text)
	}
}

func TestASecretThatCannotBeReadIsAnError(t *testing.T) {
	w := newWorld(t, job(), secret())
	w.getSecretError = errors.New("the cache is not filled")
	_, err := w.Reconcile(w.context(t), testRequest)
	if err == nil || !strings.Contains(err.Error(), testSecret) {
		t.Errorf("The error is %v, want one that names the Secret", err)
	}
	w.expectNoWrites(t)
	w.expectNothingAsked(t)
}
