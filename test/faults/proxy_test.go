// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// proxyScene is a proxy with a peer behind it and a client before it.
type proxyScene struct {
	proxy  *proxy
	record *Record
	asked  atomic.Int64 // how often the peer was asked
	ended  atomic.Int64 // how often the manager was ended
	client *http.Client
}

func newProxyScene(t *testing.T, plan string) *proxyScene {
	t.Helper()
	s := &proxyScene{record: newRecord("test"), client: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.asked.Add(1)
		_, _ = io.WriteString(w, `{"id":"job_a","state":"started","type":"rebuild_vector_index"}`)
	}))
	t.Cleanup(peer.Close)
	at, err := url.Parse(peer.URL)
	if err != nil {
		t.Fatal(err)
	}
	faults, err := ParsePlan(plan)
	if err != nil {
		t.Fatal(err)
	}
	s.proxy = &proxy{
		side: Vectara, peer: at, to: &http.Transport{}, record: s.record, plan: faults, otherHost: "http://other.example",
		identify: func(*Request) {}, end: func(Action) { s.ended.Add(1) },
	}
	if err := s.proxy.start(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.proxy.close)
	return s
}

// get asks for a job through the proxy.
func (s *proxyScene) get(t *testing.T, within time.Duration) (status int, body string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.proxy.url+"/v2/jobs/job_a", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, string(read), err
}

func TestProxyDoesToARequestWhatThePlanSays(t *testing.T) {
	const job = `{"id":"job_a","state":"started","type":"rebuild_vector_index"}`
	for plan, want := range map[string]struct {
		status int // 0: there is no whole response
		body   string
		asked  int64
	}{
		"none":                       {200, job, 1},
		"vectara:1:refuse":           {0, "", 0},
		"vectara:1:delay=10ms":       {200, job, 1},
		"vectara:1:cut-after":        {0, "", 1},
		"vectara:1:cut-body=5":       {0, "", 1},
		"vectara:1:hang":             {0, "", 0},
		"vectara:1:hang=10ms":        {0, "", 0},
		"vectara:1:slow":             {0, "", 0},
		"vectara:1:status=503":       {503, "injected-1", 0},
		"vectara/get:1:status=404":   {404, "Injected: 404.", 0},
		"vectara/token:1:status=404": {200, job, 1},
		"vectara:2:refuse":           {200, job, 1},
		"vectara:1:redirect=308":     {308, "Moved", 0},
		"vectara:1:garbage=html":     {200, "<html>", 0},
		"vectara:1:other-id":         {200, "job_of_somebody_else", 0},
		"vectara:1:kill":             {0, "", 0},
		"vectara:1:kill=after":       {0, "", 1},
		"vectara:1:term":             {0, "", 0},
	} {
		t.Run(plan, func(t *testing.T) {
			s := newProxyScene(t, plan)
			within := time.Minute
			if strings.Contains(plan, "slow") || strings.HasSuffix(plan, "hang") {
				within = 500 * time.Millisecond // These last for as long as the client waits.
			}
			status, body, err := s.get(t, within)
			if (err != nil) != (want.status == 0) || err == nil && (status != want.status || !strings.Contains(body, want.body)) {
				t.Errorf("the response is %d %q, %v; want %d %q", status, body, err, want.status, want.body)
			}
			if got := s.asked.Load(); got != want.asked {
				t.Errorf("the peer was asked %d times, want %d", got, want.asked)
			}
			if got, want := s.ended.Load() > 0, strings.Contains(plan, "kill") || strings.Contains(plan, "term"); got != want {
				t.Errorf("the manager was ended: %t, want %t", got, want)
			}
		})
	}
}

func TestProxyRecordsRequestsAndWhatCameOfThem(t *testing.T) {
	s := newProxyScene(t, "vectara:2:status=503;vectara:3:hang")
	for range 2 {
		if _, _, err := s.get(t, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.get(t, 100*time.Millisecond); err == nil {
		t.Error("a request that hangs was answered")
	}
	s.proxy.close()
	first, second, third := s.record.Requests[0], s.record.Requests[1], s.record.Requests[2]
	if first.Number != 1 || first.Kind != KindGet || first.JobID != "job_a" || !first.Complete || first.Peer != 200 || len(first.jobs()) != 1 {
		t.Errorf("the first request is recorded as %+v", first)
	}
	if second.Number != 2 || second.Fault == nil || second.Peer != 0 || second.Status != 503 || !second.Complete {
		t.Errorf("the second request is recorded as %+v", second)
	}
	if third.Status != 0 || third.Complete {
		t.Errorf("the third request is recorded as %+v", third)
	}
}

func TestProxyForwardsALateRequestAfterItsClientIsGone(t *testing.T) {
	s := newProxyScene(t, "none")
	s.proxy.plan = Plan{{Side: Vectara, Index: 1, Times: 1, Action: Late, Arg: "1ms"}}
	if _, _, err := s.get(t, time.Minute); err == nil {
		t.Error("the client got a response")
	}
	s.proxy.awaitLate()
	if s.asked.Load() != 1 || s.record.Requests[0].Peer != http.StatusOK {
		t.Errorf("the peer was asked %d times, want once", s.asked.Load())
	}
}
