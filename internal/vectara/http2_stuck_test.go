// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// freezer forwards connections to a server, until they are frozen: then what arrives is lost, and nobody is told.
type freezer struct {
	address string
	opened  atomic.Int32

	mu     sync.Mutex
	frozen []*atomic.Bool
}

func newFreezer(t *testing.T, server *httptest.Server) *freezer {
	t.Helper()
	target := server.Listener.Addr().String()
	f := &freezer{}
	f.address = strings.TrimPrefix(listen(t, func(client net.Conn) {
		f.opened.Add(1)
		frozen := &atomic.Bool{}
		f.mu.Lock()
		f.frozen = append(f.frozen, frozen)
		f.mu.Unlock()
		upstream, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		go forward(client, upstream, frozen)
		forward(upstream, client, frozen)
		_ = upstream.Close()
	}), "http://")
	return f
}

func forward(to io.Writer, from io.Reader, frozen *atomic.Bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if frozen.Load() {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// freeze freezes all connections that are open.
func (f *freezer) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, frozen := range f.frozen {
		frozen.Store(true)
	}
}

// clientThrough makes a client whose connections go through a freezer, and that finds out soon or late that one is stuck.
func clientThrough(t *testing.T, f *freezer, server *httptest.Server, pings time.Duration) *Client {
	t.Helper()
	return clientFor(t, server.URL, func(o *Options) {
		trust(server)(o)
		transport := newTransport(o.RootCAs)
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", f.address)
		}
		transport.HTTP2.SendPingTimeout, transport.HTTP2.PingTimeout = pings, pings
		t.Cleanup(transport.CloseIdleConnections)
		o.Transport = transport
	})
}

func TestStuckHTTP2ConnectionEndsNoCallLate(t *testing.T) {
	server := serveHTTP2(t, responding(http.StatusOK, jobBody()))
	f := newFreezer(t, server)
	client := clientThrough(t, f, server, time.Hour)
	session := client.NewSession(Credentials{APIKey: testKey}, nil)
	if _, err := session.GetJob(within(t), testID); err != nil {
		t.Fatal(err)
	}
	f.freeze()
	ctx := newExpiring(t)
	time.AfterFunc(50*time.Millisecond, ctx.expire) // The request is on its way by then, or is not: both are to end.
	_, err := session.GetJob(ctx, testID)
	var got *TransportError
	if !errors.As(err, &got) || got.Kind != KindTimeout {
		t.Errorf("got error %v, want a time-out", err)
	}
}

func TestStuckHTTP2ConnectionIsReplaced(t *testing.T) {
	server := serveHTTP2(t, responding(http.StatusOK, jobBody()))
	f := newFreezer(t, server)
	client := clientThrough(t, f, server, 100*time.Millisecond)
	sessions := []*Session{
		client.NewSession(Credentials{APIKey: testKey}, nil), client.NewSession(Credentials{APIKey: "another-key"}, nil),
	}
	for _, session := range sessions {
		if _, err := session.GetJob(within(t), testID); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.opened.Load(); got != 1 {
		t.Fatalf("%d connections were opened, want one for both sessions", got)
	}
	f.freeze()
	for i, session := range sessions {
		ctx := within(t)
		_, err := session.GetJob(ctx, testID)
		for failures := 1; err != nil; failures++ {
			var got *TransportError
			if ctx.Err() != nil || failures > 3 || !errors.As(err, &got) {
				t.Fatalf("session %d still fails after the connection got stuck: %v", i, err)
			}
			_, err = session.GetJob(ctx, testID)
		}
	}
	if got := f.opened.Load(); got < 2 {
		t.Error("no other connection was opened")
	}
}

func TestHangingHTTP2CallsKeepNoOtherSessionWaiting(t *testing.T) {
	const streams, calls = 5, 30
	arrived := make(chan struct{}, calls)
	server := serveHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-api-key") == testKey {
			arrived <- struct{}{}
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, jobBody())
	}, func(s *httptest.Server) { s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams} })
	client := clientFor(t, server.URL, trust(server))
	ctx, cancel := context.WithCancel(within(t))
	var waiting sync.WaitGroup
	defer waiting.Wait()
	defer cancel()
	stuck := client.NewSession(Credentials{APIKey: testKey}, nil)
	for range calls {
		waiting.Go(func() { _, _ = stuck.GetJob(ctx, testID) })
	}
	for range calls {
		select {
		case <-arrived:
		case <-ctx.Done():
			t.Fatal("calls wait for a stream, although more connections may be opened")
		}
	}
	if _, err := client.NewSession(Credentials{APIKey: "another-key"}, nil).GetJob(ctx, testID); err != nil {
		t.Errorf("the other session got error %v", err)
	}
}
