// SPDX-License-Identifier: Apache-2.0

package vectara

// TransportKind says at which step a round trip failed.
type TransportKind string

// The kinds of TransportError.
const (
	// KindTimeout: no complete response within the deadline.
	KindTimeout TransportKind = "Timeout"
	// KindDNS: the host's name could not be resolved.
	KindDNS TransportKind = "DNS"
	// KindConnect: the connection was refused, or there is no way to the host.
	KindConnect TransportKind = "Connect"
	// KindTLS: the TLS handshake failed, or the certificate is not trusted.
	KindTLS TransportKind = "TLS"
	// KindReset: an established connection broke.
	KindReset TransportKind = "Reset"
	// KindProxy: the proxy between could not be reached or refused.
	KindProxy TransportKind = "Proxy"
	// KindOther: anything else, such as a response that is not HTTP.
	KindOther TransportKind = "Other"
)

// TransportError says that no complete response arrived.
type TransportError struct {
	// Operation is one of the Operation constants.
	Operation string
	// Kind is the step at which the round trip failed.
	Kind TransportKind
	// Detail is this package's own sentence for what happened. It is the same each time that the same happens. It may
	// name the host of the URL, but no port and no address that a name stands for.
	Detail string
	// Deadline says that it was the caller's deadline that passed, and no shorter bound of one step.
	Deadline bool
	// Err is what was seen. It may name addresses and ports, and is no part of Error.
	Err error
}

// Error implements error.
func (e *TransportError) Error() string { return sentence(e.Operation, e.Detail) }

// Unwrap gives the cause.
func (e *TransportError) Unwrap() error { return e.Err }
