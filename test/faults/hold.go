// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"io"
	"net/http"
	"time"
)

// hold has the peer answer at once, and the manager wait for that answer: by then it is as old as the delay.
func (t *trip) hold(d time.Duration) {
	response, err := t.proxy.forward(t.ctx, t.r, t.body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	t.proxy.record.add(func(now time.Duration) { t.request.Peer, t.request.PeerAt = response.StatusCode, now })
	t.wait(d)
	t.send(response.StatusCode, response.Header.Get("Content-Type"), body)
}
