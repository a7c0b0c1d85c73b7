// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	defaultAddress = "127.0.0.1:0"
	defaultMaxLog  = 100_000
)

// EndOfList says how the last page of a list shows that it is the last. The real API may use any
// of these forms, so a client has to understand them all.
type EndOfList string

// The forms that the last page's page_key may take.
const (
	EndNull   EndOfList = ""       // "page_key": null
	EndAbsent EndOfList = "absent" // no page_key at all
	EndEmpty  EndOfList = "empty"  // "page_key": ""
)

// Options say how a simulator is started. The zero value is a plain-HTTP server on a free
// loopback port.
type Options struct {
	// Address is the host and port to listen on; "127.0.0.1:0" when empty. Port 0 takes a free
	// one. The host has to be a loopback IP address or "localhost".
	Address string
	// TLS serves https with a certificate of a certificate authority made at the start; see CAPEM.
	TLS bool
	// PathPrefix comes before /v2 in every API path, as on-premises installations have it. It
	// starts with a slash. The token endpoint is not under it.
	PathPrefix string
	// Now is the clock that jobs, tokens and rate limits go by; time.Now when nil. Latency and the
	// delays of faults pass in real time.
	Now func() time.Time
	// Latency is how long each response is held back.
	Latency time.Duration
	// Logger gets one line per request, without credentials. Nothing is logged when nil.
	Logger *slog.Logger
	// MaxLog bounds the request log; 100,000 entries when zero, none when negative. Requests that
	// come later are only counted.
	MaxLog int
	// UnauthorizedBody replaces the JSON body of a 401 of the job endpoints, as it is: the real
	// API promises nothing about it.
	UnauthorizedBody string
	// UnauthorizedContentType goes with UnauthorizedBody; text/plain when empty.
	UnauthorizedContentType string
	// EndOfList is the form of the last page's page_key.
	EndOfList EndOfList
	// StartedSteps is the life of a job started through the API; when nil, it is queued for 2 s,
	// started for 8 s, and then completed.
	StartedSteps []Step
}

// complete fills in the defaults.
func (o Options) complete() Options {
	if o.Address == "" {
		o.Address = defaultAddress
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxLog == 0 {
		o.MaxLog = defaultMaxLog
	}
	if o.UnauthorizedContentType == "" {
		o.UnauthorizedContentType = "text/plain; charset=utf-8"
	}
	if o.StartedSteps == nil {
		o.StartedSteps = []Step{
			{State: stateQueued, For: 2 * time.Second},
			{State: stateStarted, For: 8 * time.Second},
			{State: stateCompleted},
		}
	}
	o.PathPrefix = strings.TrimRight(o.PathPrefix, "/")
	return o
}

// validate refuses options that would not do what their author meant.
func (o Options) validate() error {
	if err := checkLoopback(o.Address); err != nil {
		return err
	}
	if o.PathPrefix != "" && !strings.HasPrefix(o.PathPrefix, "/") {
		return fmt.Errorf("simulator: path prefix %q: want a leading slash", o.PathPrefix)
	}
	if o.Latency < 0 {
		return fmt.Errorf("simulator: latency %s: want zero or more", o.Latency)
	}
	switch o.EndOfList {
	case EndNull, EndAbsent, EndEmpty:
		return nil
	default:
		return fmt.Errorf("simulator: end of list %q: want one of the EndOfList constants", o.EndOfList)
	}
}

// checkLoopback keeps the simulator, whose credentials are fake and whose log is not, off the network.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("simulator: address %q: want host:port", address)
	}
	if host == "localhost" {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return fmt.Errorf("simulator: address %q: want a loopback host, such as 127.0.0.1", address)
	}
	return nil
}

// escapedPrefix is the path prefix as it stands in a URL.
func (o Options) escapedPrefix() string {
	return (&url.URL{Path: o.PathPrefix}).EscapedPath()
}
