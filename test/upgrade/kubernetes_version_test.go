// SPDX-License-Identifier: Apache-2.0

package upgrade

import (
	"net/http"
	"strings"
	"testing"
)

// TestAnAPIServerThatCannotBeAskedKeepsNoManagerFromStarting starts the manager while the API server does not let its version
// be read, or does not answer: neither means that it is too old. test/compat has one that is.
func TestAnAPIServerThatCannotBeAskedKeepsNoManagerFromStarting(t *testing.T) {
	for _, test := range []struct {
		name    string
		refused func(*http.Request) bool
		status  int
		// Whether the manager starts nevertheless, and what it says if not.
		starts bool
		says   string
	}{
		{"its version is forbidden", func(r *http.Request) bool { return r.URL.Path == "/version" }, http.StatusForbidden, true, ""},
		{"its version fails", func(r *http.Request) bool { return r.URL.Path == "/version" }, http.StatusInternalServerError, true, ""},
		{"it says neither its version nor what it serves", func(r *http.Request) bool {
			return r.URL.Path == "/version" || strings.HasPrefix(r.URL.Path, "/apis/jobs.vectara.io/")
		}, http.StatusServiceUnavailable, false, "Waiting for the API server"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.install("config/default")
			proxy, err := w.cluster.StartProxy(w.ctx)
			w.must(err)
			t.Cleanup(func() { w.must(proxy.Close()) })
			remove := proxy.Refuse(test.status, test.refused)

			manager, err := w.cluster.StartManager(w.ctx, current, "--kubeconfig="+proxy.Kubeconfig)
			w.must(err)
			t.Cleanup(func() {
				manager.Stop()
				if t.Failed() {
					t.Logf("the manager's log:\n%s", manager.Output())
				}
			})
			ready := func() bool { return manager.Probe(w.ctx, "/readyz") == nil }
			if test.starts {
				w.until("the manager is ready", ready)
				return
			}
			w.until("the manager waits", func() bool {
				return manager.Probe(w.ctx, "/healthz") == nil && strings.Contains(manager.Output(), test.says)
			})
			if ready() {
				t.Error("the manager says that it is ready before it knows what the API server serves")
			}
			remove()
			w.until("the manager is ready", ready)
		})
	}
}
