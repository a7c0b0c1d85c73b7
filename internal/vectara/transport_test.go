// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

func wantTransportError(t *testing.T, err error, kind TransportKind, detail string) *TransportError {
	t.Helper()
	var got *TransportError
	if !errors.As(err, &got) {
		t.Fatalf("got error %v, want a TransportError", err)
	}
	if got.Kind != kind || got.Detail != detail {
		t.Errorf("got %s, %q\nwant %s, %q\ncause: %v", got.Kind, got.Detail, kind, detail, got.Err)
	}
	if want := got.Operation + ": " + detail; err.Error() != want {
		t.Errorf("got text %q, want %q", err, want)
	}
	return got
}

// trustAt makes a client trust the certificate of a test server, and believe that it is another time.
func trustAt(server *httptest.Server, now time.Time) func(*Options) {
	return func(o *Options) {
		trust(server)(o)
		transport := newTransport(o.RootCAs)
		transport.TLSClientConfig.Time = func() time.Time { return now }
		o.Transport = transport
	}
}

func TestTLSFailures(t *testing.T) {
	cases := map[string]struct {
		config *tls.Config
		mutate func(*httptest.Server, *Options)
		detail string
	}{
		"a certificate of an unknown authority": {
			mutate: func(s *httptest.Server, o *Options) {},
			detail: "certificate signed by unknown authority",
		},
		"a certificate of another host": {
			mutate: func(s *httptest.Server, o *Options) {
				trust(s)(o)
				o.Endpoint = strings.Replace(o.Endpoint, "127.0.0.1", "localhost", 1)
			},
			detail: "certificate is not valid for the host name",
		},
		"a certificate that has expired": {
			mutate: func(s *httptest.Server, o *Options) { trustAt(s, s.Certificate().NotAfter.Add(time.Hour))(o) },
			detail: "certificate has expired or is not yet valid",
		},
		"a certificate that is not valid yet": {
			mutate: func(s *httptest.Server, o *Options) { trustAt(s, s.Certificate().NotBefore.Add(-time.Hour))(o) },
			detail: "certificate has expired or is not yet valid",
		},
		"nothing above TLS 1.1": {
			config: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			mutate: func(s *httptest.Server, o *Options) { trust(s)(o) },
			detail: "no TLS version in common, 1.2 is the least",
		},
		"a client certificate is wanted": {
			config: &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
			mutate: func(s *httptest.Server, o *Options) { trust(s)(o) },
			detail: "the server refused the TLS handshake: handshake failure",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(responding(http.StatusOK, jobBody()))
			server.TLS = tc.config
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			defer server.Close()
			session := keySession(t, server.URL, func(o *Options) { tc.mutate(server, o) })
			_, err := session.GetJob(within(t), testID)
			wantTransportError(t, err, KindTLS, tc.detail)
		})
	}
}

func TestPlainHTTPWhereTLSIsExpected(t *testing.T) {
	server := serve(t, responding(http.StatusOK, jobBody()))
	session := keySession(t, strings.Replace(server.URL, "http:", "https:", 1))
	_, err := session.GetJob(within(t), testID)
	wantTransportError(t, err, KindTLS, "the server does not speak TLS")
}

// listen starts a server of raw connections.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = connection.Close() }()
				handle(connection)
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

func TestConnectionsThatBreak(t *testing.T) {
	awaitRequest := func(connection net.Conn) { _, _ = connection.Read(make([]byte, 1)) }
	cases := map[string]struct {
		handle func(net.Conn)
		kind   TransportKind
		detail string
	}{
		"closed before the response": {
			handle: func(c net.Conn) {
				buffer := make([]byte, 64<<10)
				_, _ = c.Read(buffer)
			},
			kind: KindReset, detail: "connection closed before the response",
		},
		"reset before the response": {
			handle: func(c net.Conn) {
				awaitRequest(c)
				_ = c.(*net.TCPConn).SetLinger(0)
			},
			kind: KindReset, detail: "connection reset",
		},
		"a response that is not HTTP and quotes the key": {
			handle: func(c net.Conn) {
				awaitRequest(c)
				_, _ = io.WriteString(c, "SSH-2.0 "+testKey+"\r\n\r\n")
				_, _ = io.Copy(io.Discard, c)
			},
			kind: KindOther, detail: "the response is not HTTP",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := keySession(t, listen(t, tc.handle)).GetJob(within(t), testID)
			got := wantTransportError(t, err, tc.kind, tc.detail)
			if text := fmt.Sprintf("%+v %+v", got, errors.Unwrap(got)); strings.Contains(text, testKey) {
				t.Errorf("the cause shows the key: %s", text)
			}
		})
	}
}

func TestAPortThatIsClosed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()

	_, err = keySession(t, "http://"+address).GetJob(within(t), testID)
	wantTransportError(t, err, KindConnect, "connection refused")
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error("the cause cannot be found by errors.Is")
	}
}

func TestHangsEndWithTheDeadline(t *testing.T) {
	for scheme, detail := range map[string]string{
		"http":  "no complete response from 127.0.0.1 within 20s",
		"https": "no connection to 127.0.0.1 within 20s", // The TLS handshake gets no reply.
	} {
		t.Run(scheme, func(t *testing.T) {
			ctx := newExpiring(t)
			silent := listen(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 1))
				ctx.expire()
				_, _ = io.Copy(io.Discard, c)
			})
			_, err := keySession(t, strings.Replace(silent, "http", scheme, 1)).GetJob(ctx, testID)
			wantTransportError(t, err, KindTimeout, detail)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error("the cause cannot be found by errors.Is")
			}
		})
	}
}

func TestProxyFailures(t *testing.T) {
	refusing := listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		_, _ = io.WriteString(c, "HTTP/1.1 407 "+testKey+"\r\nContent-Length: 0\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, tc := range map[string]struct{ proxy, detail string }{
		"a proxy that refuses":   {refusing, "proxy: 407 Proxy Authentication Required"},
		"a proxy that is closed": {gone.URL, "proxy: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			session := keySession(t, "https://vectara.example", func(o *Options) {
				transport := newTransport(nil)
				proxy, err := url.Parse(tc.proxy)
				if err != nil {
					t.Fatal(err)
				}
				transport.Proxy = http.ProxyURL(proxy)
				o.Transport = transport
			})
			_, err := session.GetJob(within(t), testID)
			wantTransportError(t, err, KindProxy, tc.detail)
		})
	}
}

// deadlineError is what a connection says whose own deadline passed.
type deadlineError struct{ text string }

func (e deadlineError) Error() string { return e.text }
func (deadlineError) Timeout() bool   { return true }
func (deadlineError) Temporary() bool { return true }

// TestErrorsOfTheNetwork holds what cannot be caused on loopback.
func TestErrorsOfTheNetwork(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	cases := map[string]struct {
		err    error
		kind   TransportKind
		detail string
	}{
		"an unknown host":             {dial(&net.DNSError{Err: "no such host", IsNotFound: true}), KindDNS, "no such host"},
		"a slow name server":          {dial(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), KindDNS, "the name lookup timed out"},
		"a failing name server":       {dial(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), KindDNS, "the name lookup failed"},
		"no route":                    {dial(syscall.EHOSTUNREACH), KindConnect, "no route to host"},
		"no network":                  {dial(syscall.ENETUNREACH), KindConnect, "network is unreachable"},
		"no port left":                {dial(syscall.EADDRNOTAVAIL), KindConnect, "cannot connect"},
		"nobody acknowledges the SYN": {dial(syscall.ETIMEDOUT), KindTimeout, "connecting timed out"},
		"a slow TLS handshake":        {deadlineError{"net/http: TLS handshake timeout"}, KindTimeout, "the TLS handshake timed out"},
		"another time-out":            {deadlineError{"i/o timeout"}, KindTimeout, "no complete response in time"},
		"a pipe that broke":           {syscall.EPIPE, KindReset, "connection reset"},
		"an HTTP/2 stream ended":      {errors.New("stream error: stream ID 7; INTERNAL_ERROR"), KindReset, "connection broken"},
		"an HTTP/2 connection ended":  {errors.New("http2: server sent GOAWAY"), KindReset, "connection broken"},
		"our own end was closed":      {net.ErrClosed, KindReset, "connection closed"},
		"what nobody foresaw":         {errors.New("surprise"), KindOther, "the round trip failed"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			session := keySession(t, DefaultEndpoint, func(o *Options) {
				o.Transport = transportFunc(func(*http.Request) (*http.Response, error) { return nil, tc.err })
			})
			_, err := session.GetJob(within(t), testID)
			wantTransportError(t, err, tc.kind, tc.detail)
		})
	}
}
