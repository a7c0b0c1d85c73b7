// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// failure makes the error of a round trip that did not complete. What the request's context
// says goes first: when it ended, the rest only follows from that.
func (s *Session) failure(request *http.Request, operation string, err error, connected bool) error {
	ctx, host := request.Context(), request.URL.Hostname()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Canceled
	case ctx.Err() == nil && headersProblem(err) != "":
		return &ResponseError{Operation: operation, Problem: headersProblem(err)}
	}
	kind, detail := KindTimeout, "no complete response from "+host+" "+withinTimeout(ctx)
	switch {
	case ctx.Err() == nil:
		kind, detail = classify(err)
	case !connected:
		detail = "no connection to " + host + " " + withinTimeout(ctx)
	}
	return &TransportError{Operation: operation, Kind: kind, Detail: detail, Deadline: ctx.Err() != nil, Err: s.causeOf(err)}
}

// causeOf keeps an error for errors.Is and errors.As, but not its text as it is: net/http quotes lines that
// it cannot read, and in them a server may echo what it was sent.
func (s *Session) causeOf(err error) error {
	return &cause{err: err, text: s.redactor.redact(err.Error())}
}

// cause has no Unwrap, so that whoever prints a chain of errors prints the redacted text only.
type cause struct {
	err  error
	text string
}

func (c *cause) Error() string { return c.text }

func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }

func (c *cause) As(target any) bool { return errors.As(c.err, target) }

// classify words an error of net/http. The text of an error is read only where no type identifies it.
func classify(err error) (TransportKind, string) {
	if detail := proxyDetail(err); detail != "" {
		return KindProxy, "proxy: " + detail
	}
	for _, class := range []struct {
		kind   TransportKind
		detail func(error) string
	}{
		{KindDNS, dnsDetail},
		{KindTLS, tlsDetail},
		{KindTimeout, timeoutDetail},
		{KindConnect, connectDetail},
		{KindReset, resetDetail},
	} {
		if detail := class.detail(err); detail != "" {
			return class.kind, detail
		}
	}
	if strings.Contains(err.Error(), "malformed") {
		return KindOther, "the response is not HTTP"
	}
	return KindOther, "the round trip failed"
}

// headersProblem words an error that is the fault of the response's headers. None of these errors has a type. HTTP/2
// ends the whole connection for a header that is longer than all of them may be, and for too many.
func headersProblem(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "response header list larger"):
		return "the response headers are too large"
	case strings.Contains(text, "connection error: COMPRESSION_ERROR"), strings.Contains(text, "connection error: PROTOCOL_ERROR"):
		return "the response headers are too large or malformed"
	}
	return ""
}

func proxyDetail(err error) string {
	var refusal *proxyRefusal
	if errors.As(err, &refusal) {
		return status(refusal.statusCode)
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "proxyconnect" {
		return ""
	}
	_, detail := classify(op.Err)
	return detail
}

func dnsDetail(err error) string {
	var lookup *net.DNSError
	switch {
	case !errors.As(err, &lookup):
		return ""
	case lookup.IsNotFound:
		return "no such host"
	case lookup.IsTimeout:
		return "the name lookup timed out"
	default:
		return "the name lookup failed"
	}
}

func tlsDetail(err error) string {
	if detail := certificateDetail(err); detail != "" {
		return detail
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return "the server does not speak TLS"
	}
	text := err.Error()
	if !strings.Contains(text, "tls: ") {
		return ""
	}
	var op *net.OpError
	remote := errors.As(err, &op) && op.Op == "remote error"
	switch {
	case strings.Contains(text, "protocol version"):
		return "no TLS version in common, 1.2 is the least"
	case remote:
		return "the server refused the TLS handshake: " + strings.TrimPrefix(op.Err.Error(), "tls: ")
	default:
		return "the TLS handshake failed"
	}
}

func certificateDetail(err error) string {
	var (
		signer  x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		failure *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &signer):
		return "certificate signed by unknown authority"
	case errors.As(err, &host):
		return "certificate is not valid for the host name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate has expired or is not yet valid"
	case errors.As(err, &failure), errors.As(err, &invalid):
		return "certificate is not trusted"
	default:
		return ""
	}
}

func timeoutDetail(err error) string {
	var timeout net.Error
	switch {
	case !errors.As(err, &timeout) || !timeout.Timeout():
		return ""
	case strings.Contains(err.Error(), "TLS handshake"):
		return "the TLS handshake timed out"
	case isDial(err):
		return "connecting timed out"
	default:
		return "no complete response in time"
	}
}

func connectDetail(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "no route to host"
	case errors.Is(err, syscall.ENETUNREACH):
		return "network is unreachable"
	case isDial(err):
		return "cannot connect"
	default:
		return ""
	}
}

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func resetDetail(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed before the response"
	}
	// The types of HTTP/2 errors are not exported, and neither is what an idle connection's end becomes.
	for _, sign := range []string{"http2: ", "stream error: ", "connection error: ", "server closed idle connection", "connection lost"} {
		if strings.Contains(err.Error(), sign) {
			return "connection broken"
		}
	}
	if errors.Is(err, net.ErrClosed) {
		return "connection closed"
	}
	return ""
}
