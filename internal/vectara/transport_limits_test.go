// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

func TestCallsThatHangKeepNoOtherSessionFromConnecting(t *testing.T) {
	const hanging = 300 // One connection each, as there is no HTTP/2 without TLS.
	arrived := make(chan struct{}, hanging)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-api-key") == testKey {
			arrived <- struct{}{}
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, jobBody())
	})
	client := clientFor(t, server.URL)
	ctx, cancel := context.WithCancel(within(t))
	var calls sync.WaitGroup
	defer calls.Wait()
	defer cancel()
	stuck := client.NewSession(Credentials{APIKey: testKey}, nil)
	for range hanging {
		calls.Go(func() { _, _ = stuck.GetJob(ctx, testID) })
	}
	for range hanging {
		select {
		case <-arrived:
		case <-ctx.Done():
			t.Fatal("not all calls of the session that hangs arrived")
		}
	}
	if _, err := client.NewSession(Credentials{APIKey: "another-key"}, nil).GetJob(ctx, testID); err != nil {
		t.Errorf("the other session got error %v", err)
	}
}

func TestTransportLimits(t *testing.T) {
	transport := newTransport(nil)
	switch {
	case transport.TLSClientConfig.MinVersion != tls.VersionTLS12:
		t.Error("TLS below 1.2 is admitted")
	case !transport.ForceAttemptHTTP2:
		t.Error("HTTP/2 is off")
	case transport.MaxConnsPerHost != 0:
		t.Error("calls of one session wait for connections of another")
	case transport.MaxIdleConns != 100 || transport.MaxIdleConnsPerHost != 100:
		t.Error("the pool keeps another number of idle connections than documented")
	case transport.MaxResponseHeaderBytes != 64<<10:
		t.Error("headers have another bound than documented")
	case transport.HTTP2.SendPingTimeout != 15*time.Second || transport.HTTP2.PingTimeout != 10*time.Second:
		t.Error("an HTTP/2 connection that is stuck is found out at another time than documented")
	case transport.Proxy == nil:
		t.Error("the proxy of the environment is not used")
	}
}
