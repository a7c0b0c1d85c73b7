// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func TestWrongOptions(t *testing.T) {
	tests := []struct {
		name    string
		options simulator.Options
		want    string
	}{
		{name: "an address of the network", options: simulator.Options{Address: "0.0.0.0:0"}, want: "loopback"},
		{name: "an address of all interfaces", options: simulator.Options{Address: ":0"}, want: "loopback"},
		{name: "the IPv6 wildcard", options: simulator.Options{Address: "[::]:0"}, want: "loopback"},
		{name: "a host name", options: simulator.Options{Address: "example.com:80"}, want: "loopback"},
		{name: "no port", options: simulator.Options{Address: "127.0.0.1"}, want: "host:port"},
		{name: "a prefix without a slash", options: simulator.Options{PathPrefix: "api"}, want: "leading slash"},
		{name: "a negative latency", options: simulator.Options{Latency: -1}, want: "latency"},
		{name: "an unknown end of lists", options: simulator.Options{EndOfList: "none"}, want: "end of list"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server, err := simulator.Start(test.options)
			if err == nil {
				server.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error about %q", err, test.want)
			}
		})
	}
}

func TestAnAddressInUseIsAnError(t *testing.T) {
	h := start(t, simulator.Options{})
	server, err := simulator.Start(simulator.Options{Address: strings.TrimPrefix(h.URL(), "http://")})
	if err == nil {
		server.Close()
		t.Error("two simulators share a port")
	}
}

func TestLocalhostIsLoopback(t *testing.T) {
	h := start(t, simulator.Options{Address: "localhost:0"})
	if got := h.getJob(t, "job_unknown"); got.status != 404 {
		t.Errorf("got %d", got.status)
	}
}

// secureClient trusts the simulator's authority and nothing else.
func secureClient(t *testing.T, h *harness, http2 bool) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(h.CAPEM()) {
		t.Fatal("CAPEM is not PEM")
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: http2,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

func TestTLS(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP/2: %t", http2), func(t *testing.T) {
			h := start(t, simulator.Options{TLS: true})
			h.AddJob(base())
			if !strings.HasPrefix(h.URL(), "https://127.0.0.1:") || !strings.HasPrefix(h.TokenURL(), "https://") {
				t.Fatalf("URL() = %s", h.URL())
			}
			if _, err := h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs", "", nil); err == nil {
				t.Error("a client that does not know the authority was served")
			}
			h.client = secureClient(t, h, http2)
			if got := h.getJob(t, testJob); got.status != 200 {
				t.Errorf("got %d", got.status)
			}
			h.Inject(simulator.Fault{Reset: true, Times: 1})
			before := h.Connections()
			// A client may try a reset request again on its own, on a new connection.
			if _, err := h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs", "", withKey(testKey)); err == nil && h.Connections() == before {
				t.Error("the connection outlived a reset")
			}
			h.Inject(simulator.Fault{Truncate: true, Times: 1})
			if got, err := h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs", "", withKey(testKey)); err == nil {
				t.Errorf("a truncated response was read to its end: %+v", got)
			}
		})
	}
}

func TestPlainHTTPHasNoAuthority(t *testing.T) {
	if h := start(t, simulator.Options{}); h.CAPEM() != nil {
		t.Error("CAPEM is not nil")
	}
}

func TestConnectionsAreCountedOnce(t *testing.T) {
	h := startWithJob(t)
	for range 5 {
		h.getJob(t, testJob)
	}
	if got := h.Connections(); got != 1 {
		t.Errorf("five requests of a client that keeps its connection made %d", got)
	}
	h.client.CloseIdleConnections()
	h.getJob(t, testJob)
	if got := h.Connections(); got != 2 {
		t.Errorf("after dropping the connection there were %d", got)
	}
}

// lines collects what is logged.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(data)
}

func TestTheLoggerGetsOneLinePerRequestAndNoCredentials(t *testing.T) {
	var written lines
	h := start(t, simulator.Options{Logger: slog.New(slog.NewTextHandler(&written, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	h.AddClient(testClient, testSecret, 0, simulator.Access{})
	token := h.newToken(t)
	h.do(t, http.MethodGet, h.URL()+"/v2/jobs/a?key="+testKey, "", withKey(testKey))
	h.do(t, http.MethodGet, h.URL()+"/v2/jobs/b", "", withToken(token))
	h.Inject(simulator.Fault{Reset: true})
	_, _ = h.try(t.Context(), http.MethodPost, h.URL()+"/v2/jobs/c", testKey, withKey(testKey))
	// A line is written after the response, so all are there only once the simulator has ended.
	h.Close()
	got := written.out.String()
	if n := strings.Count(got, "\n"); n != h.Count("", "") || n < 4 {
		t.Errorf("%d requests made %d lines:\n%s", h.Count("", ""), n, got)
	}
	for _, secret := range []string{testKey, testSecret, token} {
		if strings.Contains(got, secret) {
			t.Errorf("the log has %q:\n%s", secret, got)
		}
	}
	for _, want := range []string{"method=GET", "path=/v2/jobs/a ", "status=404", "status=0", "requestID=sim-"} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %q:\n%s", want, got)
		}
	}
}

func TestCloseEndsEverything(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS: %t", secure), func(t *testing.T) {
			h := start(t, simulator.Options{TLS: secure})
			if secure {
				h.client = secureClient(t, h, true)
			}
			h.AddJob(base())
			h.Inject(simulator.Fault{JobID: "hang", Hang: true})
			h.Inject(simulator.Fault{JobID: "delay", Delay: time.Hour})
			h.Inject(simulator.Fault{JobID: "endless", Endless: true})

			var clients sync.WaitGroup
			for _, id := range []string{"hang", "delay", "endless", testJob} {
				clients.Go(func() { _, _ = h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs/"+id, "", withKey(testKey)) })
			}
			silent, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimPrefix(h.URL(), "http://"), "https://"))
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			if err := h.WaitForRequests(patience(t), 4); err != nil {
				t.Fatal(err)
			}

			h.Close()
			h.Close()
			clients.Wait()

			if _, err := io.ReadAll(silent); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("an idle connection ended with %v", err)
			}
			if _, err := h.try(t.Context(), http.MethodGet, h.URL()+"/v2/jobs", "", nil); err == nil {
				t.Error("a closed simulator was reached")
			}
			if len(h.Requests()) != 4 {
				t.Error("the log has to be readable after Close")
			}
			waitForNoServer(patience(t), t)
		})
	}
}

// waitForNoServer waits until the last goroutines of a server, which have nothing left to do but to
// return, are gone.
func waitForNoServer(ctx context.Context, t *testing.T) {
	t.Helper()
	stacks := make([]byte, 4<<20)
	for {
		n := runtime.Stack(stacks, true)
		all := string(stacks[:n])
		leaked := false
		for _, frame := range []string{"simulator.(*Server)", "http.(*conn)", "http.(*Server)", "http.(*connReader)", "serverConn)"} {
			leaked = leaked || strings.Contains(all, frame)
		}
		if !leaked {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("goroutines are left:\n%s", all)
		}
		runtime.Gosched()
	}
}

func TestCloseRightAfterStart(t *testing.T) {
	for range 20 {
		start(t, simulator.Options{}).Close()
	}
	waitForNoServer(patience(t), t)
}

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	h := start(t, simulator.Options{MaxLog: 100})
	h.AddClient(testClient, testSecret, time.Minute, simulator.Access{})
	var users sync.WaitGroup
	for worker := range 8 {
		users.Go(func() {
			id := fmt.Sprintf("job_%d", worker)
			for range 20 {
				job := base()
				job.ID, job.StartOnFirstGet = id, true
				h.AddJob(job)
				remove := h.Inject(simulator.Fault{JobID: id, Status: 500, Times: 1})
				for _, path := range []string{"/v2/jobs/" + id, "/v2/jobs/" + id, "/v2/jobs?state=queued"} {
					if _, err := h.try(t.Context(), http.MethodGet, h.URL()+path, "", withKey(testKey)); err != nil {
						t.Error(err)
					}
				}
				h.SetState(id, "failed", "")
				h.clock.advance(time.Second)
				h.ExpireTokens()
				h.Requests(simulator.ForJob(id))
				h.RemoveJob(id)
				remove()
			}
		})
	}
	users.Wait()
	if got := h.Count("", ""); got != 8*20*3 {
		t.Errorf("%d requests were counted", got)
	}
}
