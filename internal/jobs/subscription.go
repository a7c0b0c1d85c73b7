// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Key names a subscriber.
type Key struct{ Namespace, Name string }

// Subscription says what a subscriber wants to know about one job.
type Subscription struct {
	Key Key
	// UID tells a subscriber from an earlier one of the same name. A new UID starts afresh.
	UID string
	// JobID is the ID of the job.
	JobID string
	// Created is when Vectara created the job; zero if that is not known. It only helps to keep lists short.
	Created time.Time
	// Credentials are sent with the requests. All subscribers with the same credentials share a session.
	Credentials vectara.Credentials
	// Timeout bounds one request.
	Timeout time.Duration
	// Request is what the subscriber waits for at present. When it changes, the job is polled at once.
	Request Request
	// Urgent says that somebody waits for the answer to Request: it is polled before routine polls.
	Urgent bool
	// Schedule says when to poll.
	Schedule Schedule
}

// Request tells what a subscriber waits for. An Observation carries the newest one that it answers.
type Request struct {
	// Generation is the generation of the subscriber's specification.
	Generation int64
	// RequestedAt is the value of an explicit request for a poll; empty when there is none to be answered.
	RequestedAt string
}

// Schedule says when to poll a job. Its methods are pure: the same arguments give the same result.
type Schedule interface {
	// First returns the time of the first poll of a subscription that is not Urgent.
	First(now time.Time) time.Time
	// Next returns the time of the poll after an observation; zero means never.
	Next(o Observation) time.Time
}
