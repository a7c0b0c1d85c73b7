// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Key names a watcher.
type Key struct{ Namespace, Name string }

// Watch says what a watcher wants to have observed.
type Watch struct {
	Key Key
	// UID tells a watcher from an earlier one of the same name. A new UID starts afresh.
	UID string
	// JobID is the ID of the job.
	JobID string
	// Created is when Vectara created the job; the zero time if that is not known.
	Created time.Time
	// Credentials are what to ask with.
	Credentials Credentials
	// Timeout bounds one call.
	Timeout time.Duration
	// Request is what the watcher wants at present. When it changes, the job is asked at once.
	Request Request
	// Urgent says that somebody waits for the answer to Request: it goes before routine looks.
	Urgent bool
	// Schedule says when to ask.
	Schedule Schedule
}

// Request tells one wish of a watcher from the next. An Observation carries the one that it answers.
type Request struct {
	// Generation is the generation of the watcher's specification.
	Generation int64
	// RequestedAt is the value of an explicit wish for a look now; empty when there is none to be met.
	RequestedAt string
}

// Schedule says when a job is to be asked. Its methods are pure: they depend on nothing but the schedule and their
// arguments, so that asking twice gives the same answer.
type Schedule interface {
	// First returns the time of the first look, when nothing has been observed yet in this process.
	First(now time.Time) time.Time
	// Next returns the time of the look after an observation; the zero time means never.
	Next(Observation) time.Time
}

// Credentials are the credentials of one Secret.
type Credentials struct {
	// Secret is the namespace and name of the Secret.
	Secret Key
	// Vectara is what the Secret holds.
	Vectara vectara.Credentials
}

// sessionKey tells sessions apart: a Secret that changes gets another session.
type sessionKey struct {
	secret Key
	digest [sha256.Size]byte
}

func (c Credentials) key() sessionKey {
	hash := sha256.New()
	for _, part := range []string{c.Vectara.APIKey, c.Vectara.ClientID, c.Vectara.ClientSecret} {
		// The length goes first, so that no two triples run together into the same bytes.
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		hash.Write([]byte(part))
	}
	key := sessionKey{secret: c.Secret}
	hash.Sum(key.digest[:0])
	return key
}
