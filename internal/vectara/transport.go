// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Limits of the pooled transport. Nothing bounds the connections in use: the calls that wait for one would wait
// for other sessions' calls too, and a few sessions whose calls hang would block all. Callers bound concurrency.
const (
	maxIdleConnections     = 100
	maxResponseHeaderBytes = 64 << 10

	dialTimeout         = 10 * time.Second
	keepAliveInterval   = 30 * time.Second
	tlsHandshakeTimeout = 10 * time.Second
	idleTimeout         = 90 * time.Second

	// An HTTP/2 connection whose peer went away in silence is found out by pings. Without them
	// every request would go into it until TCP gives up, a quarter of an hour later.
	http2PingAfter   = 15 * time.Second
	http2PingTimeout = 10 * time.Second
)

// newTransport makes the transport that all sessions of a client share.
func newTransport(roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAliveInterval}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxyResponse,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    tlsHandshakeTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: http2PingAfter, PingTimeout: http2PingTimeout},
		MaxIdleConns:           maxIdleConnections,
		MaxIdleConnsPerHost:    maxIdleConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxResponseHeaderBytes,
	}
}

// proxyRefusal says that a proxy responded to CONNECT with something other than 200.
type proxyRefusal struct{ statusCode int }

func (e *proxyRefusal) Error() string {
	return "the proxy refused the connection: " + status(e.statusCode)
}

// checkProxyResponse gives a refusal of the proxy a type. By itself net/http makes an error
// of the reason phrase, which is the proxy's own text and does not show that a proxy wrote it.
func checkProxyResponse(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		return &proxyRefusal{statusCode: response.StatusCode}
	}
	return nil
}
