// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
)

// serveHTTP2 starts a server that speaks HTTP/2, and gives its URL and what makes a client trust it.
func serveHTTP2(t *testing.T, handler http.HandlerFunc, mutations ...func(*httptest.Server)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("got a request over %s", r.Proto)
		}
		handler(w, r)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, mutate := range mutations {
		mutate(server)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}
