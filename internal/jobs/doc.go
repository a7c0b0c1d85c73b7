// SPDX-License-Identifier: Apache-2.0

// Package jobs is the source of observations of Vectara jobs.
//
// A Source works like an informer. Subscribers name a job, credentials and a schedule (Watch). The source polls by itself and
// enqueues a subscriber only when there is something new to read (Watch again). A response that repeats the last one enqueues
// nobody.
//
// Subscribers with the same credentials share a session, which has:
//
//   - an entry for each job ID, always in the queue of polls unless its own GET is in flight;
//   - a rate limiter that GETs, pages of lists and token requests all pay;
//   - a circuit breaker, which opens when Vectara refuses or fails the session as a whole;
//   - walks: lists that are read page by page beside the queue. Each job on a page is delivered to its entry just as the
//     response to a GET is, which moves its next poll. A walk holds no entry back, and what is missing from a list means nothing.
//
// The package knows Vectara, not Kubernetes: a subscriber is a Key.
package jobs
