// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const someKey = "zqt_not-a-real-key_7d1c5e"

// secret is a Secret of the operator's type that holds another key already.
func secret(changes ...func(*corev1.Secret)) *corev1.Secret {
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "search", Name: "vectara-credentials"},
		Type:       v1alpha1.CredentialsSecretType,
		Data:       map[string][]byte{"api-key": []byte("the-key-from-before"), "note": []byte("kept")},
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

// stored is what the Secret of the default name holds; nil if there is none.
func (w *world) stored() map[string]string {
	w.t.Helper()
	var s corev1.Secret
	err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: "search", Name: "vectara-credentials"}, &s)
	if client.IgnoreNotFound(err) != nil {
		w.t.Fatal(err)
	}
	if err != nil {
		return nil
	}
	if s.Type != v1alpha1.CredentialsSecretType {
		w.t.Errorf("the Secret is of type %s", s.Type)
	}
	data := map[string]string{}
	for key, value := range s.Data {
		data[key] = string(value)
	}
	return data
}

// hides checks that a secret was not written anywhere, plain or encoded.
func (w *world) hides(text string) {
	w.t.Helper()
	all := w.out.String() + w.errOut.String()
	if strings.Contains(all, text) || strings.Contains(all, base64.StdEncoding.EncodeToString([]byte(text))) {
		w.t.Errorf("the secret stands in the output:\n%s", all)
	}
}

func TestLoginStores(t *testing.T) {
	asClient := map[string]string{"client-id": "me", "client-secret": someKey}
	for name, test := range map[string]struct {
		there     *corev1.Secret
		typed     string
		input     string
		arguments []string
		want      map[string]string
		says      string
	}{
		"a key that is typed":           {nil, someKey, "", nil, map[string]string{"api-key": someKey}, "secret/vectara-credentials created\n"},
		"a key from standard input":     {nil, "", someKey, []string{"--api-key-stdin"}, map[string]string{"api-key": someKey}, "created"},
		"a key with white space around": {nil, "", "\r\n " + someKey + "\t\n", []string{"--api-key-stdin"}, map[string]string{"api-key": someKey}, "created"},
		"a client whose secret is typed": {
			nil, someKey, "", []string{"--client-id=me"}, asClient, "Client secret (not shown): ",
		},
		"a client's secret from standard input": {
			nil, "", someKey, []string{"--client-id=me", "--client-secret-stdin"}, asClient, "created",
		},
		"a key in place of another, and keeps what else there is": {
			secret(), "", someKey, []string{"--api-key-stdin"},
			map[string]string{"api-key": someKey, "note": "kept"}, "secret/vectara-credentials configured\n",
		},
		"a client in place of a key": {
			secret(), someKey, "", []string{"--client-id=me"},
			map[string]string{"client-id": "me", "client-secret": someKey, "note": "kept"}, "configured",
		},
		"and prints the Secret without its data": {
			secret(func(s *corev1.Secret) {
				s.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: `{"data":{"api-key":"` + someKey + `"}}`}
			}), "", someKey, []string{"--api-key-stdin", "-o", "yaml"},
			map[string]string{"api-key": someKey, "note": "kept"}, "kind: Secret\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if test.there != nil {
				w = newWorld(t, test.there)
			}
			w.terminal.typed = test.typed
			w.expect(test.input, append([]string{"login"}, test.arguments...), 0, test.says)
			w.hides(someKey)
			if got := w.stored(); !maps.Equal(got, test.want) {
				t.Errorf("stored %v, want %v", got, test.want)
			}
		})
	}
}

func TestLoginRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		there     *corev1.Secret
		typed     string
		input     string
		arguments []string
		complaint string
	}{
		"an argument, since it would be a key": {nil, "", "", []string{someKey}, "expected no arguments: keys and secrets are read from"},
		"to read what may not be meant for it": {nil, "", someKey, nil, "standard input is not a terminal: expected --api-key-stdin"},
		"the same of a client":                 {nil, "", someKey, []string{"--client-id=me"}, "expected --client-secret-stdin"},
		"nothing":                              {nil, "", " \n", []string{"--api-key-stdin"}, "nothing was typed or read"},
		"a key that is too short":              {nil, "short", "", nil, "API key: expected 8 to 4096 bytes"},
		"a key of two lines":                   {nil, "", someKey + "\n" + someKey, []string{"--api-key-stdin"}, "expected printable ASCII without spaces"},
		"what is much too long":                {nil, "", strings.Repeat("x", 20<<10), []string{"--api-key-stdin"}, "--api-key-stdin: expected at most 16384 bytes"},
		"a key and a client":                   {nil, "", someKey, []string{"--api-key-stdin", "--client-id=me"}, "expected an API key or a client, not both"},
		"a client's secret without the client": {nil, "", someKey, []string{"--client-secret-stdin"}, "expected --client-id too"},
		"a name that is none":                  {nil, someKey, "", []string{"--name=A b"}, "--name: expected the name of a Secret"},
		"an endpoint without TLS":              {nil, someKey, "", []string{"--check", "--endpoint=http://api.vectara.io"}, "http:// needs --allow-insecure-endpoints"},
		"an endpoint that is no URL":           {nil, someKey, "", []string{"--check", "--endpoint=api.vectara.io"}, "Endpoint: expected an absolute URL, https:// with a host"},
		"a file of certificates that is none":  {nil, someKey, "", []string{"--check", "--ca-file=/nonexistent"}, "--ca-file: "},
		"to touch a Secret of another type": {
			secret(func(s *corev1.Secret) { s.Type = corev1.SecretTypeOpaque }), someKey, "", nil,
			`is of type Opaque, which cannot be changed: expected jobs.vectara.io/credentials`,
		},
		"to touch a Secret that is immutable": {
			secret(func(s *corev1.Secret) { s.Immutable = new(true) }), someKey, "", nil, "is immutable",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if test.there != nil {
				w = newWorld(t, test.there)
			}
			w.funcs.Create = func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
				t.Error("something was created")
				return nil
			}
			w.funcs.Update = func(context.Context, client.WithWatch, client.Object, ...client.UpdateOption) error {
				t.Error("something was changed")
				return nil
			}
			w.terminal.typed = test.typed
			w.expect(test.input, append([]string{"login"}, test.arguments...), 1, "error: ", test.complaint)
			w.hides(someKey)
		})
	}
}

func TestLoginAsksVectaraFirst(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		code   int
		says   string
	}{
		"and stores a key that is good":     {200, `{"jobs": []}`, 0, "created"},
		"and not one that is refused":       {401, `{"messages": ["no ` + someKey + `"]}`, 1, "--check: Vectara refused the credentials, so nothing was stored: "},
		"and not one that may see nothing":  {403, `{"messages": ["no role"]}`, 1, "Vectara does not let these credentials list jobs, so nothing was stored: "},
		"and nothing when it has a problem": {503, "\x1b[2Jbusy", 1, "could not find out whether the credentials are good, so nothing was stored: "},
		"and nothing when it is not one":    {200, `<html>hello</html>`, 1, "could not find out"},
	} {
		t.Run(name, func(t *testing.T) {
			var requested string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requested = r.URL.RequestURI() + " " + r.Header.Get("x-api-key")
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer server.Close()
			w := newWorld(t)
			w.expect(someKey, []string{"login", "--api-key-stdin", "--check", "--endpoint=" + server.URL, "--allow-insecure-endpoints"}, test.code, test.says)
			w.hides(someKey)
			if want := "/v2/jobs?limit=1 " + someKey; requested != want {
				t.Errorf("requested %q, want %q", requested, want)
			}
			if stored := w.stored(); (stored != nil) != (test.code == 0) {
				t.Errorf("stored %v", stored)
			}
		})
	}
}

func TestLoginTriesAgainWhenSomebodyElseWasFaster(t *testing.T) {
	w := newWorld(t, secret())
	attempts := 0
	w.funcs.Update = func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.UpdateOption) error {
		attempts++
		if attempts == 1 {
			return apierrors.NewConflict(schema.GroupResource{Resource: "secrets"}, object.GetName(), nil)
		}
		return c.Update(ctx, object, options...)
	}
	w.expect(someKey, []string{"login", "--api-key-stdin"}, 0, "configured")
	if got := w.stored()["api-key"]; got != someKey {
		t.Errorf("stored %q", got)
	}
}

func TestLoginTellsNoSecretsOfOthers(t *testing.T) {
	for _, form := range []string{someKey, base64.StdEncoding.EncodeToString([]byte(someKey))} {
		w := newWorld(t)
		w.funcs.Create = func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return apierrors.NewBadRequest("admission webhook says no to " + form)
		}
		w.expect(someKey, []string{"login", "--api-key-stdin"}, 1, "admission webhook says no to [redacted]")
		w.hides(someKey)
	}
}
