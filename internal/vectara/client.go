// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"cmp"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// The URLs of Vectara's own service.
const (
	DefaultEndpoint = "https://api.vectara.io"
	DefaultTokenURL = "https://auth.vectara.io/oauth2/token"
)

const defaultUserAgent = "vectara-job-operator"

// Options configure a Client.
type Options struct {
	// Endpoint is the base URL of the API. Its path, if it has one, is kept as a prefix.
	Endpoint string
	// TokenURL is where OAuth 2.0 clients get access tokens.
	TokenURL string
	// AllowInsecure admits http:// for both URLs.
	AllowInsecure bool
	// RootCAs are the certificate authorities to trust; nil means the system's.
	RootCAs *x509.CertPool
	// UserAgent is sent with every request; empty means "vectara-job-operator".
	UserAgent string
	// Now is the clock for the age of tokens and for Retry-After; nil means time.Now. Deadlines
	// are the context's and follow the real clock.
	Now func() time.Time
	// OnRoundTrip, if not nil, is called after every round trip, for metrics. It must not block.
	OnRoundTrip func(RoundTrip)
	// Transport replaces the client's own pooled transport, and with it RootCAs, proxy and limits on
	// connections and headers. It is for instrumentation and tests.
	Transport http.RoundTripper
}

// RoundTrip is one HTTP request and what came of it.
type RoundTrip struct {
	// Operation is one of the Operation constants.
	Operation string
	// StatusCode is the HTTP status of the response; 0 if no complete response came.
	StatusCode int
	// Duration is the time from the request to the end of the response body.
	Duration time.Duration
}

// Client holds what all sessions share. It is safe for concurrent use, and does not bound how many calls are made at
// once: over HTTP/1.1 each takes a connection of its own, so the caller has to.
type Client struct {
	endpoint  *url.URL
	tokenURL  *url.URL
	userAgent string
	now       func() time.Time
	observe   func(RoundTrip)
	transport http.RoundTripper
}

// NewClient checks the options and makes a Client. It connects to nothing. An error names the
// option that is wrong and what was expected of it, but not its value.
func NewClient(options Options) (*Client, error) {
	endpoint, err := parseURL("Endpoint", options.Endpoint, options.AllowInsecure)
	if err != nil {
		return nil, err
	}
	tokenURL, err := parseURL("TokenURL", options.TokenURL, options.AllowInsecure)
	if err != nil {
		return nil, err
	}
	if !printableASCII(options.UserAgent) {
		return nil, errors.New("UserAgent: expected printable ASCII")
	}
	client := &Client{
		endpoint:  withoutTrailingSlash(endpoint),
		tokenURL:  tokenURL,
		userAgent: cmp.Or(options.UserAgent, defaultUserAgent),
		now:       options.Now,
		observe:   options.OnRoundTrip,
		transport: options.Transport,
	}
	if client.observe == nil {
		client.observe = func(RoundTrip) {}
	}
	if client.now == nil {
		client.now = time.Now
	}
	if client.transport == nil {
		client.transport = newTransport(options.RootCAs)
	}
	return client, nil
}

// CloseIdleConnections closes the connections that are not in use.
func (c *Client) CloseIdleConnections() {
	if closer, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
