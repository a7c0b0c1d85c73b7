// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// maxRecordedBody bounds what is kept of a body, in bytes.
const maxRecordedBody = 256 << 10

// Record is everything that happened in a life. All times count from its beginning, by one monotonic clock.
type Record struct {
	Scene     string
	Requests  []*Request
	Versions  []Version
	Processes []Process
	Expected  []Expected
	// Asked are the polls that the harness requested through the annotation.
	Asked []Asked
	// Credentials are what each Secret held, and since when.
	Credentials []Credentials
	// Stalls are the times in which the machine was too busy to run the harness itself.
	Stalls []Span
	// Scripted is when the script had come to its end, and Converged when all objects were as expected for the first time
	// after that; 0 if never. Ended is when the record ends.
	Scripted, Converged, Ended time.Duration
	// Resources is what the last run of the manager used when the script began and at the end of the life.
	Resources []Resources
	Texts     []Text
	Canaries  []Canary
	// Strays are the requests that came to the host that nobody was sent to.
	Strays []*Request

	mu      sync.Mutex
	began   time.Time
	changed chan struct{}
	counts  map[Side]int
	kinds   map[Side]map[Kind]int
}

// Span is a stretch of time.
type Span struct{ From, To time.Duration }

// Request is a request of the manager, and what came of it.
type Request struct {
	Side Side
	Kind Kind
	// Number and KindNumber count the requests of the side, and those of the kind, from 1.
	Number, KindNumber int
	// Process is which process of the manager made it, from 1.
	Process    int
	Method     string
	URL        string
	Header     http.Header
	Body       []byte
	Object     string // the name in a request to the API server
	JobID      string // in a GET
	Credential string // name of the credential in a request to Vectara
	Fault      *Fault
	Sent       time.Duration
	// Peer is what the peer answered, and PeerAt when; a peer that was never asked has answered 0.
	Peer   int
	PeerAt time.Duration
	// Status is what the manager was sent; 0 if nothing. Response is the beginning of the body, and Complete says that all of it was sent.
	Status   int
	Response []byte
	Bytes    int64
	Complete bool
	// GaveUp says that the manager ended the request before it had the response.
	GaveUp bool
	Ended  time.Duration // 0 if never
}

// Version is a VectaraJob as a watch showed it.
type Version struct {
	At      time.Duration
	Deleted bool
	Object  *v1alpha1.VectaraJob
}

// Process is a process of the manager.
type Process struct {
	Started, Ready, Ended time.Duration // 0 if not
	// How is why it ended: kill, term, or stop at the end of the life; empty if it ended by itself.
	How   string
	Error string
}

// Expected is how an object is to be in the end.
type Expected struct {
	Object string
	Gone   bool
	State  string
	Synced string // the reason
	Alone  bool   // nobody requests a poll, as the operator is to poll by itself
}

// Asked is a poll that was requested through the annotation.
type Asked struct {
	At     time.Duration
	Object string
	Reason string // that Synced had
}

// Credentials are what a Secret holds from a time on.
type Credentials struct {
	From         time.Duration
	Secret, Name string
}

// Resources are what the manager's process has in use.
type Resources struct {
	At                      time.Duration
	Process                 int
	Goroutines, Descriptors int
	PeakMemory              int64 // bytes
}

// Text is something that the manager wrote, and that may hold no credentials.
type Text struct{ Where, Text string }

// Canary is a credential.
type Canary struct{ Name, Value string }

func newRecord(scene string) *Record {
	return &Record{
		Scene: scene, began: time.Now(), changed: make(chan struct{}),
		counts: map[Side]int{}, kinds: map[Side]map[Kind]int{API: {}, Vectara: {}},
	}
}

func (r *Record) now() time.Duration { return time.Since(r.began) }

// add changes the record, and wakes those who wait for that.
func (r *Record) add(change func(now time.Duration)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r.now())
	close(r.changed)
	r.changed = make(chan struct{})
}

// begin records a request as it comes, and numbers it.
func (r *Record) begin(q *Request) {
	r.add(func(now time.Duration) {
		r.counts[q.Side]++
		r.kinds[q.Side][q.Kind]++
		q.Number, q.KindNumber, q.Sent, q.Process = r.counts[q.Side], r.kinds[q.Side][q.Kind], now, len(r.Processes)
		r.Requests = append(r.Requests, q)
	})
}

// see reads the record, and returns a channel that is closed when it changes.
func (r *Record) see(read func()) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	read()
	return r.changed
}

// objects are the names of the objects that there were.
func (r *Record) objects() []string {
	var names []string
	for _, v := range r.Versions {
		if !slices.Contains(names, v.Object.Name) {
			names = append(names, v.Object.Name)
		}
	}
	return names
}

// versionsOf are the versions of an object, without its end.
func (r *Record) versionsOf(name string) []Version {
	var versions []Version
	for _, v := range r.Versions {
		if v.Object.Name == name && !v.Deleted {
			versions = append(versions, v)
		}
	}
	return versions
}

// last is the latest version of an object; nil if it is gone or never was.
func (r *Record) last(name string) *v1alpha1.VectaraJob {
	for i := len(r.Versions) - 1; i >= 0; i-- {
		if v := r.Versions[i]; v.Object.Name == name {
			if v.Deleted {
				return nil
			}
			return v.Object
		}
	}
	return nil
}

// credentialsOf are the names of the credentials that a Secret held at some time until then.
func (r *Record) credentialsOf(secret string, until time.Duration) []string {
	var names []string
	for _, c := range r.Credentials {
		if c.Secret == secret && c.From <= until {
			names = append(names, c.Name)
		}
	}
	return names
}

// stalled is for how long the machine was too busy within a span.
func (r *Record) stalled(from, to time.Duration) time.Duration {
	var sum time.Duration
	for _, s := range r.Stalls {
		sum += max(min(s.To, to)-max(s.From, from), 0)
	}
	return sum
}

// vectara are the requests to Vectara, in the order in which they were sent.
func (r *Record) vectara() []*Request {
	return slices.DeleteFunc(slices.Clone(r.Requests), func(q *Request) bool { return q.Side != Vectara })
}

// Hit reports whether a fault of the plan hit a request.
func (r *Record) Hit(fault Fault) bool {
	return slices.ContainsFunc(r.Requests, func(q *Request) bool { return q.Fault != nil && *q.Fault == fault })
}

// JSON is the record as a file.
func (r *Record) JSON() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return json.MarshalIndent(r, "", " ")
}
