// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxRequestBody bounds what is read of a request's body, in bytes.
const maxRequestBody = 4 << 20

// proxy stands between the manager and a peer. It numbers every request, and does to it what the plan says.
type proxy struct {
	side   Side
	peer   *url.URL
	to     http.RoundTripper
	record *Record
	plan   Plan
	// identify fills in what only the life knows of a request.
	identify func(*Request)
	// end ends the manager, and returns when it has ended.
	end func(Action)
	// otherHost is where redirects lead.
	otherHost string

	server *http.Server
	url    string
	ctx    context.Context //nolint:containedctx // The life of the proxy, which requests must not outlive.
	cancel context.CancelFunc
	lateMu sync.Mutex // between the beginning of one and the wait for all
	late   sync.WaitGroup
}

// start has the proxy listen on loopback, with TLS if there is a certificate.
func (p *proxy) start(certificate *tls.Certificate) error {
	p.ctx, p.cancel = context.WithCancel(context.Background())
	var config net.ListenConfig
	listener, err := config.Listen(p.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.server = &http.Server{
		Handler:           http.HandlerFunc(p.serve),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, connection)
		},
	}
	p.url = "http://" + listener.Addr().String()
	if certificate == nil {
		go func() { _ = p.server.Serve(listener) }() // It ends when the proxy is closed.
		return nil
	}
	p.url = "https://" + listener.Addr().String()
	p.server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*certificate}}
	go func() { _ = p.server.ServeTLS(listener, "", "") }()
	return nil
}

// close breaks all connections and waits for requests that are still on their way.
func (p *proxy) close() {
	p.cancel()
	_ = p.server.Close()
	p.awaitLate()
}

// goLate has something go on after its request.
func (p *proxy) goLate(what func()) {
	p.lateMu.Lock()
	defer p.lateMu.Unlock()
	p.late.Go(what)
}

// awaitLate waits for what goes on after its request.
func (p *proxy) awaitLate() {
	p.lateMu.Lock()
	defer p.lateMu.Unlock()
	p.late.Wait()
}

type connectionKey struct{}

// serve takes in a request, has the fault act on it, and notes how it ended.
func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		panic(http.ErrAbortHandler) // The manager went away before it had sent the request.
	}
	q := &Request{Side: p.side, Method: r.Method, URL: r.URL.RequestURI(), Header: r.Header.Clone(), Body: clipped(body)}
	if p.side == API {
		q.Kind = apiKind(r)
		q.Object = objectOf(r.URL.Path)
	} else {
		q.Kind = vectaraKind(r)
		q.JobID = strings.TrimPrefix(r.URL.Path, "/v2/jobs/")
		if q.Kind != KindGet {
			q.JobID = ""
		}
	}
	p.identify(q)
	p.record.begin(q)
	fault := p.faultFor(q)
	if fault != nil {
		p.record.add(func(time.Duration) { q.Fault = fault })
	}
	t := &trip{proxy: p, ctx: ctx, w: w, r: r, body: body, request: q, fault: fault}
	defer func() {
		p.record.add(func(now time.Duration) {
			q.Ended = now
			q.GaveUp = !q.Complete && r.Context().Err() != nil && p.ctx.Err() == nil
		})
	}()
	t.run()
}

// faultFor is what the plan has for a request; nil if nothing.
func (p *proxy) faultFor(q *Request) *Fault {
	for i := range p.plan {
		f := &p.plan[i]
		number := q.Number
		if f.Kind != "" {
			number = q.KindNumber
		}
		if f.Side == p.side && (f.Kind == "" || f.Kind == q.Kind) && number >= f.Index && number < f.Index+f.Times {
			return f
		}
	}
	return nil
}

// forward sends a request on to the peer.
func (p *proxy) forward(ctx context.Context, r *http.Request, body []byte) (*http.Response, error) {
	target := *r.URL
	target.Scheme, target.Host = p.peer.Scheme, p.peer.Host
	request, err := http.NewRequestWithContext(ctx, r.Method, target.String(), bytes.NewReader(body)) //nolint:gosec // A proxy sends on what it gets, to its one peer.
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Connection")
	return p.to.RoundTrip(request)
}

// breakConnection closes the manager's connection, with all requests on it.
func breakConnection(ctx context.Context) {
	connection, _ := ctx.Value(connectionKey{}).(net.Conn)
	if secure, ok := connection.(*tls.Conn); ok {
		connection = secure.NetConn()
	}
	if plain, ok := connection.(*net.TCPConn); ok {
		_ = plain.SetLinger(0) // So that the manager is told at once. Closing is all that matters.
		_ = plain.Close()
	}
}

// objectOf is the name in a path of the API server; empty if it has none.
func objectOf(path string) string {
	words := strings.Split(strings.Trim(path, "/"), "/")
	for i, word := range words {
		if i+1 < len(words) && (word == "vectarajobs" || word == "vectarajobdiscoveries") {
			return words[i+1]
		}
	}
	return ""
}

func clipped(body []byte) []byte { return bytes.Clone(body[:min(len(body), maxRecordedBody)]) }
