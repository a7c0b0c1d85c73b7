// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"
)

// trip is one request on its way through a proxy.
type trip struct {
	proxy   *proxy
	ctx     context.Context //nolint:containedctx // That of the request.
	w       http.ResponseWriter
	r       *http.Request
	body    []byte
	request *Request
	fault   *Fault
}

// run answers the request as the fault has it. What leaves the manager without an answer ends in a panic, as net/http has it.
func (t *trip) run() {
	if t.fault == nil {
		t.pass(-1)
		return
	}
	switch t.fault.Action {
	case Refuse:
		t.abort()
	case Delay:
		t.wait(t.duration(2 * time.Second))
		t.pass(-1)
	case Hold:
		t.hold(t.duration(2 * time.Second))
	case CutAfter:
		t.perform()
		t.abort()
	case CutBody:
		t.pass(t.cutAt())
	case Late:
		t.sendLater(t.duration(3 * time.Second))
		t.abort()
	case Hang:
		t.hang()
	case Kill, Term:
		t.endManager()
	default:
		t.answer()
	}
}

// duration is the argument of the fault.
func (t *trip) duration(otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(t.fault.Arg); err == nil {
		return d
	}
	return otherwise
}

func (t *trip) abort() {
	if t.proxy.side == API {
		// With HTTP/2, requests share a connection. What breaks is the connection.
		breakConnection(t.r.Context())
	}
	panic(http.ErrAbortHandler)
}

// wait lets time pass. It gives up when the manager does.
func (t *trip) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// hang leaves the manager waiting: for the time of the argument, or until it gives up.
func (t *trip) hang() {
	t.wait(t.duration(10 * time.Minute))
	t.abort()
}

// endManager ends the manager before the request reaches the peer, or after.
func (t *trip) endManager() {
	if t.fault.Arg == "after" {
		t.perform()
	}
	t.proxy.end(t.fault.Action)
	panic(http.ErrAbortHandler)
}

// perform has the peer do the work, whether or not the manager still waits.
func (t *trip) perform() {
	ctx, cancel := context.WithTimeout(t.proxy.ctx, 10*time.Second)
	defer cancel()
	response, err := t.proxy.forward(ctx, t.r, t.body)
	if err != nil {
		return
	}
	defer response.Body.Close()
	t.proxy.record.add(func(now time.Duration) { t.request.Peer, t.request.PeerAt = response.StatusCode, now })
	if t.request.Kind != KindWatch {
		_, _ = io.Copy(io.Discard, response.Body) // To its end, which it has within the deadline.
	}
}

// sendLater has the peer do the work some time from now.
func (t *trip) sendLater(d time.Duration) {
	t.proxy.goLate(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			t.perform()
		case <-t.proxy.ctx.Done():
		}
	})
}

// cutAt is after how many bytes a body is cut: a watch after its first bytes, others in the middle.
func (t *trip) cutAt() int {
	if n, err := strconv.Atoi(t.fault.Arg); err == nil {
		return n
	}
	if t.request.Kind == KindWatch {
		return 1
	}
	return 20
}

// pass sends the request to the peer and the response to the manager: all of it, or the connection is cut after some
// bytes of the body.
func (t *trip) pass(cut int) {
	response, err := t.proxy.forward(t.ctx, t.r, t.body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer response.Body.Close()
	t.proxy.record.add(func(now time.Duration) { t.request.Peer, t.request.PeerAt = response.StatusCode, now })
	for name, values := range response.Header {
		t.w.Header()[name] = values
	}
	t.head(response.StatusCode)
	if t.request.Kind == KindWatch {
		_ = http.NewResponseController(t.w).Flush() // A watch begins with its header.
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := response.Body.Read(buffer)
		data := buffer[:n]
		if cut >= 0 {
			data = data[:min(cut, n)]
			cut -= len(data)
		}
		if !t.write(data) || cut == 0 && n > 0 {
			t.abort()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	t.complete()
}

// head sends the status.
func (t *trip) head(status int) {
	t.w.WriteHeader(status)
	t.proxy.record.add(func(time.Duration) { t.request.Status = status })
}

// write sends a part of the body at once, and reports whether the manager still takes it.
func (t *trip) write(data []byte) bool {
	if len(data) == 0 {
		return true
	}
	// What is about to be sent is recorded first, so that nobody acts on what the record does not have.
	t.proxy.record.add(func(time.Duration) {
		t.request.Bytes += int64(len(data))
		if room := maxRecordedBody - len(t.request.Response); room > 0 && t.request.Kind != KindWatch {
			t.request.Response = append(t.request.Response, bytes.Clone(data[:min(room, len(data))])...)
		}
	})
	if _, err := t.w.Write(data); err != nil {
		return false
	}
	return http.NewResponseController(t.w).Flush() == nil
}

func (t *trip) complete() {
	t.proxy.record.add(func(time.Duration) { t.request.Complete = true })
}
