// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/rand"
	"crypto/subtle"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	defaultTokenLifetime = 30 * time.Minute
	defaultUsername      = "simulated-user"
	minDropAt            = 1024
)

// Access says what an API key or an OAuth client may do.
type Access struct {
	// Denied makes every GET, list and start return 403.
	Denied bool
	// Corpora, if set, are the only ones: a job that has another corpus is 403 and not listed.
	Corpora []string
	// RequestsPerSecond is the rate limit of API calls, with a burst of as many (at least one).
	// Beyond it the response is 429 with Retry-After. Zero means unlimited.
	RequestsPerSecond float64
	// Username is in created_by_username of the jobs started; "simulated-user" when empty.
	Username string
}

// allows reports whether a job or call that touches these corpora is permitted.
func (a Access) allows(corpora []string) bool {
	if a.Denied {
		return false
	}
	if len(a.Corpora) == 0 {
		return true
	}
	for _, corpus := range corpora {
		if !slices.Contains(a.Corpora, corpus) {
			return false
		}
	}
	return true
}

// principal is who a request comes from.
type principal struct {
	access   Access
	secret   string        // of an OAuth client
	lifetime time.Duration // of an OAuth client's tokens
	limiter  rateLimiter
}

func newPrincipal(a Access) *principal {
	a.Corpora = slices.Clone(a.Corpora)
	if a.Username == "" {
		a.Username = defaultUsername
	}
	return &principal{access: a, limiter: rateLimiter{perSecond: a.RequestsPerSecond}}
}

// token is an access token that was issued.
type token struct {
	owner   *principal
	client  string
	expires time.Time
}

// directory knows the credentials.
type directory struct {
	mu      sync.Mutex
	keys    map[string]*principal
	clients map[string]*principal
	tokens  map[string]token
	dropAt  int // number of tokens at which those that expired are dropped
}

func newDirectory() *directory {
	return &directory{
		keys:    map[string]*principal{},
		clients: map[string]*principal{},
		tokens:  map[string]token{},
		dropAt:  minDropAt,
	}
}

// identify finds whom the request's API key or bearer token belongs to; nil if to nobody.
func (d *directory) identify(header http.Header, now time.Time) *principal {
	d.mu.Lock()
	defer d.mu.Unlock()
	if key := header.Get("x-api-key"); key != "" {
		return d.keys[key]
	}
	scheme, value, _ := strings.Cut(header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return nil
	}
	issued, ok := d.tokens[value]
	// The client may have been removed, or replaced by another of the same ID.
	if !ok || !now.Before(issued.expires) || d.clients[issued.client] != issued.owner {
		return nil
	}
	return issued.owner
}

// credential names what a request identifies itself with: the API key, or the ID of the OAuth client; "" if neither.
func (d *directory) credential(c *call) string {
	if c.op == OpToken {
		form, _ := tokenForm(c)
		return form.Get("client_id")
	}
	if key := c.header.Get("x-api-key"); key != "" {
		return key
	}
	_, value, _ := strings.Cut(c.header.Get("Authorization"), " ")
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tokens[value].client
}

// issue makes a token for a client, unless the secret is wrong.
func (d *directory) issue(client, secret string, now time.Time) (value string, lifetime time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner := d.clients[client]
	if owner == nil || subtle.ConstantTimeCompare([]byte(owner.secret), []byte(secret)) != 1 {
		return "", 0, false
	}
	d.dropExpired(now)
	value = "simulated-token-" + rand.Text()
	d.tokens[value] = token{owner: owner, client: client, expires: now.Add(owner.lifetime)}
	return value, owner.lifetime, true
}

// dropExpired drops expired tokens, so that a long run does not collect them for ever. On average, its cost is constant.
func (d *directory) dropExpired(now time.Time) {
	if len(d.tokens) < d.dropAt {
		return
	}
	for value, issued := range d.tokens {
		if !now.Before(issued.expires) {
			delete(d.tokens, value)
		}
	}
	d.dropAt = max(minDropAt, 2*len(d.tokens))
}

// AddAPIKey admits an API key. Adding it again replaces its access and resets its rate limiter.
func (s *Server) AddAPIKey(key string, a Access) {
	s.directory.mu.Lock()
	defer s.directory.mu.Unlock()
	s.directory.keys[key] = newPrincipal(a)
}

// RemoveAPIKey has requests with the key get 401.
func (s *Server) RemoveAPIKey(key string) {
	s.directory.mu.Lock()
	defer s.directory.mu.Unlock()
	delete(s.directory.keys, key)
}

// AddClient admits an OAuth client whose tokens live that long (30 minutes when not positive).
// Adding it again replaces it: tokens that it got before are refused.
func (s *Server) AddClient(id, secret string, lifetime time.Duration, a Access) {
	if lifetime <= 0 {
		lifetime = defaultTokenLifetime
	}
	client := newPrincipal(a)
	client.secret, client.lifetime = secret, lifetime
	s.directory.mu.Lock()
	defer s.directory.mu.Unlock()
	s.directory.clients[id] = client
}

// RemoveClient refuses the client and the tokens that it got.
func (s *Server) RemoveClient(id string) {
	s.directory.mu.Lock()
	defer s.directory.mu.Unlock()
	delete(s.directory.clients, id)
}

// ExpireTokens refuses all tokens issued so far from now on.
func (s *Server) ExpireTokens() {
	s.directory.mu.Lock()
	defer s.directory.mu.Unlock()
	clear(s.directory.tokens)
}

// rateLimiter is a token bucket.
type rateLimiter struct {
	perSecond float64

	mu     sync.Mutex
	last   time.Time
	tokens float64
}

// take spends one request. If none is left, it returns in how many whole seconds there will be one.
func (l *rateLimiter) take(now time.Time) (retryAfter int, ok bool) {
	if l.perSecond <= 0 {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	burst := max(l.perSecond, 1)
	if l.last.IsZero() {
		l.tokens = burst
	} else if passed := now.Sub(l.last); passed > 0 {
		l.tokens = min(burst, l.tokens+passed.Seconds()*l.perSecond)
	}
	l.last = now
	if l.tokens >= 1 {
		l.tokens--
		return 0, true
	}
	return max(1, int(math.Ceil((1-l.tokens)/l.perSecond))), false
}
