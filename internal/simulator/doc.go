// SPDX-License-Identifier: Apache-2.0

// Package simulator is a stand-in for the Vectara REST API v2. Tests, the demo and
// benchmarks run against it, so that nobody needs an account.
//
// It knows GET /v2/jobs/{id}, GET /v2/jobs, POST
// /v2/corpora/{corpus_key}/replace_filter_attributes and POST /oauth2/token. Jobs live
// through scripted states in time, API keys and OAuth clients have permissions and rate limits,
// and faults can be scripted. What came in is kept in a bounded request log.
//
// A simulator listens on loopback only. All its methods may be called from many goroutines.
// It shares no code with the client that it tests, so that the two check each other.
package simulator
