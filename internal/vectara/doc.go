// SPDX-License-Identifier: Apache-2.0

// Package vectara is a small client for the background jobs of the Vectara REST API v2.
//
// A Client holds what all callers share: the two configured URLs and one pool of
// connections. A Session adds one set of credentials, the access token that was
// got with them, and a redactor that knows every form of both. Nothing that Vectara
// sends leaves this package before it went through that redactor.
//
// The package knows no Kubernetes. It classes what went wrong by what was seen
// (see APIError, AuthError, ResponseError, TransportError and IDError) and leaves
// it to the caller to decide what to do about it. It never waits and tries
// again, with one exception: a request that gets a 401 is sent once
// more if a new access token could be got. After a token request failed, calls
// get its error for a short time without another request.
package vectara
