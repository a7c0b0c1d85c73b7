// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/tls"
	"net"
	"net/http"
)

// metricsManager starts a manager that serves metrics, and returns how to scrape it with a token: the status that it
// answers with, 0 for none.
func (s *scene) metricsManager() (scrape func(token string) int) {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	address := listener.Addr().String()
	s.must(listener.Close())
	manager := s.anotherManager("--metrics-bind-address=" + address)
	s.within(manager.AwaitReady)
	// The certificate is the manager's own, made at its start.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	s.t.Cleanup(client.CloseIdleConnections)
	return func(token string) int {
		request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, "https://"+address+"/metrics", http.NoBody)
		s.must(err)
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := client.Do(request)
		if err != nil {
			return 0 // It does not listen yet.
		}
		s.must(answer.Body.Close())
		return answer.StatusCode
	}
}
