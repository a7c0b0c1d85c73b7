// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// startManagerBehindProxy starts the manager of the scene with a proxy between it and the API server.
func (s *scene) startManagerBehindProxy(flags ...string) *harness.Proxy {
	s.t.Helper()
	proxy := s.proxy()
	s.flags = append(s.flags, flags...)
	s.flags = append(s.flags, "--kubeconfig="+proxy.Kubeconfig)
	s.startManager()
	return proxy
}

func (s *scene) proxy() *harness.Proxy {
	s.t.Helper()
	proxy, err := s.cluster.StartProxy(s.ctx)
	s.must(err)
	s.t.Cleanup(func() { _ = proxy.Close() })
	return proxy
}

// eventually polls until something holds.
func (s *scene) eventually(what string, holds func() bool) {
	s.t.Helper()
	err := wait.PollUntilContextTimeout(s.ctx, 100*time.Millisecond, patience, true, func(context.Context) (bool, error) { return holds(), nil })
	if err != nil {
		s.t.Fatalf("waiting until %s: %v", what, err)
	}
}

// statusWrite matches a write of the status of an object.
func statusWrite(name string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/vectarajobs/"+name+"/status")
	}
}

// statusWritten matches a write of the status of an object that the client was told the end of.
func statusWritten(name string) func(harness.Exchange) bool {
	return func(e harness.Exchange) bool {
		return e.Method == http.MethodPatch && strings.HasSuffix(e.Path, "/vectarajobs/"+name+"/status")
	}
}
