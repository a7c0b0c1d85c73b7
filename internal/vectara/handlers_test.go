// SPDX-License-Identifier: Apache-2.0

package vectara

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var jobBodyZipped = func() []byte {
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	_, _ = io.WriteString(writer, jobBody())
	_ = writer.Close()
	return buffer.Bytes()
}()

func writeZipped(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// padded is a believable body of exactly so many bytes.
func padded(length int) string {
	body := jobBody()
	return body + strings.Repeat(" ", length-len(body))
}

// endless sends until nobody listens any more.
func endless(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"comment":"`)
	chunk := bytes.Repeat([]byte("x"), 32<<10)
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// bomb sends 8 MiB in 8 KiB.
func bomb(t *testing.T) http.HandlerFunc {
	t.Helper()
	body := zipped(t, bytes.Repeat([]byte(" "), 8<<20))
	return func(w http.ResponseWriter, _ *http.Request) { writeZipped(w, body) }
}

// cutChunk ends the connection within a chunked body.
func cutChunk(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"id":`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// switchProtocol responds with 101 and keeps the connection open, as a server that waits for the other protocol.
func switchProtocol(w http.ResponseWriter, r *http.Request) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	_, _ = io.Copy(io.Discard, connection)
}

// trust makes a client trust the certificate of a test server.
func trust(server *httptest.Server) func(*Options) {
	return func(o *Options) {
		o.RootCAs = x509.NewCertPool()
		o.RootCAs.AddCert(server.Certificate())
	}
}
