// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// The liveness tests use the package through this file only.

// objectSubscription is what an object of the liveness tests wants.
type objectSubscription struct {
	name, jobID string
	secret      string // where the credentials lie
	credentials vectara.Credentials
	timeout     time.Duration
	urgent      bool // as a new object is
	schedule    Schedule
}

func (s *objectSubscription) key() Key { return Key{"ns", s.name} }

// livenessSource is a source that runs.
type livenessSource struct {
	source *Source
	stop   func() // returns when no call is under way any more
}

func startLivenessSource(account *partialAccount, limits Limits, enqueue func(Key)) *livenessSource {
	open := func(c vectara.Credentials, onTokenRequest func()) API { return account.open(c, onTokenRequest) }
	source := NewSource(open, limits, enqueue)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = source.Run(ctx)
	}()
	return &livenessSource{source: source, stop: func() { cancel(); <-done }}
}

// watch subscribes, or reads what is new to a subscriber.
func (s *livenessSource) watch(sub objectSubscription) (Observation, bool) {
	return s.source.Watch(Subscription{
		Key: sub.key(), UID: "uid-" + sub.name, JobID: sub.jobID, Credentials: sub.credentials,
		Timeout: sub.timeout, Request: Request{Generation: 1}, Urgent: sub.urgent, Schedule: sub.schedule,
	})
}

func (s *livenessSource) unwatch(key Key) { s.source.Unwatch(key) }

// overdueOf is why an observation could not be confirmed in time; nil if it is not overdue.
func overdueOf(o Observation) *Fault { return o.Overdue }

// AlsoRedact implements API. Redaction is the client's own matter.
func (*partialClient) AlsoRedact(vectara.Credentials) {}
