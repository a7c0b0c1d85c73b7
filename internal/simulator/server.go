// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a running simulator.
type Server struct {
	options Options
	prefix  string // escaped
	base    string // scheme, host and port
	caPEM   []byte

	store     *store
	directory *directory
	faults    faults
	log       *requestLog

	runID    string // keeps request IDs of two runs apart
	requests atomic.Uint64

	http        *http.Server
	ctx         context.Context // ends with Close
	cancel      context.CancelFunc
	served      chan struct{} // closed when no more connection is accepted
	connections tally
	handlers    tally
	closing     sync.Once
}

// Start starts a simulator. It fails if an option is wrong or the address cannot be listened on.
func Start(options Options) (*Server, error) {
	options = options.complete()
	if err := options.validate(); err != nil {
		return nil, err
	}
	s := &Server{
		options:   options,
		prefix:    options.escapedPrefix(),
		store:     newStore(),
		directory: newDirectory(),
		log:       newRequestLog(options.MaxLog),
		runID:     rand.Text()[:8],
		served:    make(chan struct{}),
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	return s, nil
}

// listen opens the port and serves on it.
func (s *Server) listen() error {
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.options.Logger.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return s.ctx },
		ConnContext:       rememberConnection,
		ConnState:         s.countConnection,
	}
	scheme := "http"
	if s.options.TLS {
		scheme = "https"
		config, caPEM, err := selfSigned(time.Now())
		if err != nil {
			return fmt.Errorf("simulator: making certificates: %w", err)
		}
		s.http.TLSConfig, s.caPEM = config, caPEM
	}
	listener, err := net.Listen("tcp", s.options.Address)
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	s.base = scheme + "://" + listener.Addr().String()
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(s.served)
		// What ends it is Close; the error says no more than that.
		if s.options.TLS {
			_ = s.http.ServeTLS(listener, "", "")
			return
		}
		_ = s.http.Serve(listener)
	}()
	return nil
}

// Close breaks all connections, hung ones included, and returns when nothing runs any more. The
// log can still be read. Closing again does nothing.
func (s *Server) Close() {
	s.closing.Do(func() {
		s.cancel()
		s.handlers.close()
		_ = s.http.Close()
		<-s.served
		s.handlers.wait()
		s.connections.wait()
	})
}

// URL is the base URL including the path prefix, with no slash at its end.
func (s *Server) URL() string { return s.base + s.prefix }

// TokenURL is the URL of the OAuth token endpoint.
func (s *Server) TokenURL() string { return s.base + tokenPath }

// CAPEM is the PEM certificate of the authority that vouches for the simulator; nil without TLS.
func (s *Server) CAPEM() []byte { return s.caPEM }

// AddJob adds a job, or replaces the one of the same ID.
func (s *Server) AddJob(job Job) { s.store.add(job, s.options.Now()) }

// RemoveJob has requests for the ID get 404. It does nothing for an unknown ID.
func (s *Server) RemoveJob(id string) { s.store.remove(id) }

// SetState puts a job into a state now, for good: the rest of its steps is dropped. It does
// nothing for an unknown ID.
func (s *Server) SetState(id, state, comment string) {
	s.store.jump(id, Step{State: state, Comment: comment}, s.options.Now())
}

// Connections is the number of connections accepted since the start.
func (s *Server) Connections() int { return s.connections.ever() }

// countConnection follows connections from their start to their end.
func (s *Server) countConnection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.connections.enter()
	case http.StateClosed, http.StateHijacked:
		s.connections.leave()
	}
}

// nextRequestID returns an ID that no other response has.
func (s *Server) nextRequestID() string {
	return fmt.Sprintf("sim-%s-%06d", s.runID, s.requests.Add(1))
}
