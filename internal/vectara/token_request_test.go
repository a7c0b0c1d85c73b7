// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

func TestOnTokenRequestIsCalledBeforeEachTokenRequest(t *testing.T) {
	var reported, sent atomic.Int32
	tokens := func(w http.ResponseWriter, _ *http.Request) {
		if n := sent.Add(1); reported.Load() != n {
			t.Errorf("token request %d was sent after %d calls", n, reported.Load())
		}
		_, _ = io.WriteString(w, tokenBody(testToken+string('0'+sent.Load())))
	}
	jobs := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+testToken+"1" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, jobBody())
	}
	session := clientFor(t, serveOAuth(t, tokens, jobs).URL).NewSession(
		Credentials{ClientID: "app", ClientSecret: testSecret},
		func() { reported.Add(1) },
	)
	for range 3 {
		if _, err := session.GetJob(within(t), testID); err != nil {
			t.Fatal(err)
		}
	}
	if reported.Load() != 2 {
		t.Errorf("%d calls, want one for the first token and one for the token that replaced it", reported.Load())
	}
}

func TestOnTokenRequestIsNotCalledForAnAPIKey(t *testing.T) {
	server := serve(t, responding(http.StatusOK, jobBody()))
	session := clientFor(t, server.URL).NewSession(Credentials{APIKey: testKey}, func() { t.Error("called") })
	if _, err := session.GetJob(within(t), testID); err != nil {
		t.Fatal(err)
	}
}
