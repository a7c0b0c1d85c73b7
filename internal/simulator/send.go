// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	mebibyte     = 1 << 20
	endlessBytes = 4 << 30
	bombBytes    = 1 << 30
	missingBytes = 64 // what a truncated response with a given body lacks
)

// send writes the response, whole or altered by the fault.
func send(w http.ResponseWriter, r *http.Request, c *call, res response, fault *Fault) {
	header := w.Header()
	for name, values := range res.header {
		header[name] = values
	}
	switch {
	case fault.GzipBomb:
		sendBomb(w, c, res.status)
	case fault.Endless:
		sendEndless(r.Context(), w, c, res.status)
	case fault.Trickle > 0:
		sendSlowly(r.Context(), w, res, fault.Trickle)
	case fault.Truncate:
		sendTruncated(w, res, fault.Body != "")
	default:
		header.Set("Content-Length", strconv.Itoa(len(res.body)))
		w.WriteHeader(res.status)
		// If the client is gone, an error helps nobody.
		_, _ = w.Write(res.body)
	}
}

// sendTruncated promises more than it sends and breaks off.
func sendTruncated(w http.ResponseWriter, res response, whole bool) {
	promised, part := len(res.body), res.body[:len(res.body)/2]
	if whole {
		promised, part = len(res.body)+missingBytes, res.body
	}
	w.Header().Set("Content-Length", strconv.Itoa(promised))
	w.WriteHeader(res.status)
	_, _ = w.Write(part)
	// Without this, the part would stay in the server's buffer.
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// sendSlowly writes byte by byte, and spaces after the response, until nobody reads any more.
func sendSlowly(ctx context.Context, w http.ResponseWriter, a response, pause time.Duration) {
	w.WriteHeader(a.status)
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for sent := 0; ; sent++ {
		next := []byte(" ")
		if sent < len(a.body) {
			next = a.body[sent : sent+1]
		}
		if _, err := w.Write(next); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sendEndless writes a string that does not end for as long as somebody reads it.
func sendEndless(ctx context.Context, w http.ResponseWriter, c *call, status int) {
	w.WriteHeader(status)
	if _, err := w.Write([]byte(c.openString())); err != nil {
		return
	}
	chunk := bytes.Repeat([]byte("a"), 32<<10)
	for sent := int64(0); sent < endlessBytes && ctx.Err() == nil; sent += int64(len(chunk)) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// sendBomb writes a small body that unpacks to a large one. It is made of gzip members, which a
// reader joins, so that the bulk of it is compressed only once.
func sendBomb(w http.ResponseWriter, c *call, status int) {
	opening := packed([]byte(c.openString()))
	filling := packedMebibyte()
	closing := packed([]byte(`"}`))
	const times = bombBytes / mebibyte
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Length", strconv.Itoa(len(opening)+times*len(filling)+len(closing)))
	w.WriteHeader(status)
	_, _ = w.Write(opening)
	for range times {
		if _, err := w.Write(filling); err != nil {
			return
		}
	}
	_, _ = w.Write(closing)
}

var packedMebibyte = sync.OnceValue(func() []byte {
	return packed(bytes.Repeat([]byte("a"), mebibyte))
})

func packed(data []byte) []byte {
	var out bytes.Buffer
	// Writing to a buffer does not fail.
	zip := gzip.NewWriter(&out)
	_, _ = zip.Write(data)
	_ = zip.Close()
	return out.Bytes()
}

// openString is the beginning of a likely response, up to and into the value of a string field.
func (c *call) openString() string {
	switch c.op {
	case OpToken:
		return `{"token_type":"Bearer","access_token":"`
	case OpListJobs:
		return `{"jobs":[],"padding":"`
	case OpStartJob:
		return `{"job_id":"job_`
	default:
		id, _ := json.Marshal(c.jobID)
		return `{"id":` + string(id) + `,"comment":"`
	}
}

type connectionKey struct{}

// rememberConnection lets a handler reach the connection that it serves, with HTTP/2 too.
func rememberConnection(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, conn)
}

// breakConnection closes the TCP connection with a reset.
func breakConnection(ctx context.Context) {
	conn, _ := ctx.Value(connectionKey{}).(net.Conn)
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if plain, ok := conn.(*net.TCPConn); ok {
		_ = plain.SetLinger(0)
		_ = plain.Close()
	}
}
