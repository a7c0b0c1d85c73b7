// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Proxy stands between a manager and the API server, and does as a test says. Its zero rules let everything pass.
type Proxy struct {
	// Kubeconfig is a file for the operator that leads through the proxy.
	Kubeconfig string

	server *httptest.Server

	mu       sync.Mutex
	rules    []*proxyRule
	watches  map[*proxiedWatch]bool
	finished []Exchange
}

// Exchange is a request that the proxy has seen the end of.
type Exchange struct {
	Method, Path, Query string
	// Status is what the client got; 0 if nothing.
	Status int
}

// proxyRule is what is done about requests that match, before they are sent.
type proxyRule struct {
	match  func(*http.Request) bool
	status int           // of the answer in the place of the API server's; none if 0
	held   chan struct{} // gets a value for each request that is held
	pass   chan struct{} // closed when requests go on
}

// StartProxy starts a proxy before the API server.
func (c *ControlPlane) StartProxy(ctx context.Context) (*Proxy, error) {
	transport, err := rest.TransportFor(&rest.Config{TLSClientConfig: rest.TLSClientConfig{CAData: c.Config.CAData}})
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(c.Config.Host)
	if err != nil {
		return nil, err
	}
	p := &Proxy{watches: map[*proxiedWatch]bool{}}
	forward := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		FlushInterval:  -1,
		ErrorLog:       log.New(io.Discard, "", 0),
		ModifyResponse: p.answered,
	}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, forward) }))
	p.server.EnableHTTP2 = true
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.StartTLS()
	if p.Kubeconfig, err = c.OperatorKubeconfig(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	kubeconfig, err := clientcmd.LoadFromFile(p.Kubeconfig)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	for _, one := range kubeconfig.Clusters {
		one.Server = p.server.URL
		one.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
	}
	return p, clientcmd.WriteToFile(*kubeconfig, p.Kubeconfig)
}

// Close ends the proxy and every request that it has under way.
func (p *Proxy) Close() error {
	p.mu.Lock()
	for _, rule := range p.rules {
		rule.release()
	}
	p.mu.Unlock()
	p.CutWatches()
	p.server.CloseClientConnections()
	p.server.Close()
	return nil
}

// Refuse answers requests that match with a status, in the place of the API server, until the rule is removed.
func (p *Proxy) Refuse(status int, match func(*http.Request) bool) (remove func()) {
	return p.add(&proxyRule{match: match, status: status, pass: make(chan struct{})})
}

// Hold keeps requests that match from being sent until they are released. It tells of each that it holds.
func (p *Proxy) Hold(match func(*http.Request) bool) (held <-chan struct{}, release func()) {
	rule := &proxyRule{match: match, held: make(chan struct{}, 1024), pass: make(chan struct{})}
	return rule.held, p.add(rule)
}

func (p *Proxy) add(rule *proxyRule) (remove func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, rule)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rules = slices.DeleteFunc(p.rules, func(other *proxyRule) bool { return other == rule })
		rule.release()
	}
}

func (r *proxyRule) release() {
	select {
	case <-r.pass:
	default:
		close(r.pass)
	}
}

// CutWatches ends all watches that are open. The client may watch anew at once.
func (p *Proxy) CutWatches() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for open := range p.watches {
		_ = open.body.Close()
	}
}

// StallWatches keeps events of a resource from the client until they are released, so that its cache grows stale.
func (p *Proxy) StallWatches(resource string) (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pass := make(chan struct{})
	for open := range p.watches {
		if open.resource == resource {
			open.stall(pass)
		}
	}
	return func() { close(pass) }
}

// Exchanges returns the requests that were answered and match, in the order of their answers.
func (p *Proxy) Exchanges(match func(Exchange) bool) []Exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	var matching []Exchange
	for _, exchange := range p.finished {
		if match(exchange) {
			matching = append(matching, exchange)
		}
	}
	return matching
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	p.mu.Lock()
	var rule *proxyRule
	for _, candidate := range p.rules {
		if candidate.match(r) {
			rule = candidate
			break
		}
	}
	p.mu.Unlock()
	switch {
	case rule == nil:
	case rule.status != 0:
		p.note(r, rule.status)
		w.Header().Set("Content-Type", "application/json")
		if rule.status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(rule.status)
		fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","code":%d,"message":"refused by the test"}`, rule.status)
		return
	default:
		// All of it has to be here, as the client may be stopped once it is told that the request is held.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // The client is gone before it has sent the request.
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		rule.held <- struct{}{}
		<-rule.pass
		// The client may be gone. What it sent goes on its way, as a packet would.
		r = r.WithContext(context.WithoutCancel(r.Context()))
	}
	forward.ServeHTTP(w, r)
}

func (p *Proxy) note(r *http.Request, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finished = append(p.finished, Exchange{r.Method, r.URL.Path, r.URL.RawQuery, status})
}

// answered takes in an answer of the API server.
func (p *Proxy) answered(response *http.Response) error {
	p.note(response.Request, response.StatusCode)
	if response.Request.URL.Query().Get("watch") == "" {
		return nil
	}
	path := response.Request.URL.Path
	open := &proxiedWatch{body: response.Body, proxy: p, resource: path[strings.LastIndex(path, "/")+1:]}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watches[open] = true
	response.Body = open
	return nil
}

// proxiedWatch is the body of a watch.
type proxiedWatch struct {
	body     io.ReadCloser
	proxy    *Proxy
	resource string

	mu   sync.Mutex
	pass chan struct{} // closed when events go on; nil if nothing holds them
}

func (w *proxiedWatch) stall(pass chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pass = pass
}

// Read implements io.Reader. What is read while events are held is held, too.
func (w *proxiedWatch) Read(data []byte) (int, error) {
	n, err := w.body.Read(data)
	w.mu.Lock()
	pass := w.pass
	w.mu.Unlock()
	if pass != nil {
		<-pass
	}
	return n, err
}

// Close implements io.Closer.
func (w *proxiedWatch) Close() error {
	w.proxy.mu.Lock()
	delete(w.proxy.watches, w)
	w.proxy.mu.Unlock()
	return w.body.Close()
}
